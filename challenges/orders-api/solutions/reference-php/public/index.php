<?php

/** The front controller: every request comes here. */

declare(strict_types=1);

use Shop\Api;
use Shop\Request;
use Shop\Store;

require dirname(__DIR__) . '/vendor/autoload.php';

set_error_handler(static function (int $level, string $message, string $file, int $line): never {
    throw new ErrorException($message, 0, $level, $file, $line);
});

$answer = (new Api(new Store(getenv('DATABASE_URL'))))->answer(Request::current());
http_response_code($answer->status);
header('Content-Type: application/json');
if ($answer->location !== null) {
    header("Location: {$answer->location}", true, $answer->status);
}
echo json_encode($answer->body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
