<?php

declare(strict_types=1);

namespace Shop;

/** An answer; its body becomes JSON. */
final class Answer
{
    public function __construct(
        public readonly int $status,
        public readonly array $body,
        public readonly ?string $location = null,
    ) {
    }
}
