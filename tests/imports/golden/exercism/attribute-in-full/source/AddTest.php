<?php

use PHPUnit\Framework\TestCase;

class AddTest extends TestCase
{
    #[\PHPUnit\Framework\Attributes\DataProvider('sums')]
    public function testSum(int $one, int $other, int $sum): void
    {
        $this->assertSame($sum, add($one, $other));
    }
}
