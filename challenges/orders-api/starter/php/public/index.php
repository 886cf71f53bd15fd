<?php

/** The HTTP API (section 4 of the brief). Use any framework: this only shows how the service is started. */

declare(strict_types=1);

require dirname(__DIR__) . '/vendor/autoload.php';

$healthy = explode('?', $_SERVER['REQUEST_URI'])[0] === '/health';
$missing = ['error' => ['code' => 'not_found', 'message' => 'there is nothing here', 'details' => []]];
http_response_code($healthy ? 200 : 404);
header('Content-Type: application/json');
echo json_encode($healthy ? ['status' => 'ok'] : $missing);
