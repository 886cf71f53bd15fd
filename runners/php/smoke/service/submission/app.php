<?php

require __DIR__ . '/vendor/autoload.php';

echo 'hello ', $_SERVER['REQUEST_URI'];
