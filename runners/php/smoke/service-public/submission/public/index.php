<?php

require dirname(__DIR__) . '/vendor/autoload.php';

echo (new App\Greeting())::class, ' ', $_SERVER['REQUEST_URI'];
