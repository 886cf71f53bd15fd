<?php

use PHPUnit\Framework\TestCase;

require_once '/work/calc.php';

final class CalcTest extends TestCase
{
    public function testSmall(): void
    {
        self::assertSame(5, add(2, 3));
    }

    public function testNegative(): void
    {
        self::assertEquals(-4, add(-7, 3));
    }
}
