<?php

require '/work/app.php';
