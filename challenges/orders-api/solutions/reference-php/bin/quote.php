<?php

/** The help desk's tool: an order as JSON from stdin, its quote as JSON to stdout. */

declare(strict_types=1);

use Shop\Pricing;

require dirname(__DIR__) . '/vendor/autoload.php';

try {
    $order = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
    if (!is_array($order) || !is_array($order['lines'] ?? null)) {
        throw new InvalidArgumentException('an order is an object with a list of lines');
    }
    $quote = Pricing::quote($order['lines'], $order['coupon'] ?? null);
    echo json_encode($quote, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
} catch (JsonException | InvalidArgumentException $error) {
    fwrite(STDERR, "quote: not a valid order: {$error->getMessage()}\n");
    exit(2);
}
