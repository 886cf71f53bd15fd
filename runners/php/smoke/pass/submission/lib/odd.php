<?php

require __DIR__ . '/../vendor/autoload.php';

return Shop\Sums::add(1, 2) % 2;
