<?php

declare(strict_types=1);

require dirname(__DIR__) . '/vendor/autoload.php';

header('Content-Type: application/json');
$products = new Shop\Products(getenv('DATABASE_URL'));
echo json_encode(['leaf' => leaf_version(), 'products' => $products->below($_GET['below'] ?? '100')]);
