<?php

declare(strict_types=1);

namespace Shop;

/** A valid order as the client sent it. */
final class Order
{
    /** @param list<array{sku: string, quantity: int}> $lines */
    public function __construct(
        public readonly int $customer_id,
        public readonly array $lines,
        public readonly ?string $coupon,
    ) {
    }
}
