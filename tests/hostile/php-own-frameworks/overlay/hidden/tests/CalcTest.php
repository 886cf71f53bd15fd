<?php

use PHPUnit\Framework\TestCase;

final class CalcTest extends TestCase
{
    public function testSmall(): void
    {
        self::assertSame(5, 5);
    }

    public function testNegative(): void
    {
        self::assertEquals(-4, -4);
    }
}
