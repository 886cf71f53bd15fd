<?php

use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\Attributes\TestDox;
use PHPUnit\Framework\TestCase;

class AddTest extends TestCase
{
    #[TestDox('sums'), DataProvider('sums')]
    public function testSum(int $one, int $other, int $sum): void
    {
        $this->assertSame($sum, add($one, $other));
    }
}
