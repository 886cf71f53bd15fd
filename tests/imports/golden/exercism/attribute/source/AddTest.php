<?php

use PHPUnit\Framework\Attributes\TestWith;
use PHPUnit\Framework\TestCase;

class AddTest extends TestCase
{
    #[TestWith([1, 2, 3])]
    public function testSum(int $one, int $other, int $sum): void
    {
        require_once __DIR__ . '/Add.php';
        $this->assertSame($sum, add($one, $other));
    }
}
