<?php

declare(strict_types=1);

namespace Shop;

/** What of an HTTP request counts here. */
final class Request
{
    public const MAX_BODY = 1 << 20;

    /** @param array<string, string|array> $query */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $query = [],
        public readonly string $body = '',
        public readonly ?string $idempotencyKey = null,
        public readonly string $authorization = '',
    ) {
    }

    /** The request that this process answers; of a larger body one byte more than MAX_BODY. */
    public static function current(): self
    {
        return new self(
            $_SERVER['REQUEST_METHOD'],
            explode('?', $_SERVER['REQUEST_URI'], 2)[0],
            $_GET,
            file_get_contents('php://input', length: self::MAX_BODY + 1),
            $_SERVER['HTTP_IDEMPOTENCY_KEY'] ?? null,
            $_SERVER['HTTP_AUTHORIZATION'] ?? '',
        );
    }
}
