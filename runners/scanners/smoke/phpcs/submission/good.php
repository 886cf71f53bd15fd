<?php

declare(strict_types=1);

final readonly class Price
{
    public function __construct(public int $cents)
    {
        $this->cents ?? throw new LogicException('no price');
        error_log('a price');
    }
}
