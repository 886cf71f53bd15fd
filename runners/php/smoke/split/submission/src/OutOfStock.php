<?php

namespace Shop;

final class OutOfStock extends \DomainException
{
    public function __construct(public readonly string $item)
    {
        parent::__construct("no $item");
    }
}
