<?php
// Stands for `vendor/autoload.php` where a submission fetches nothing.
return require '/opt/gradekit/lib/autoload.php';
