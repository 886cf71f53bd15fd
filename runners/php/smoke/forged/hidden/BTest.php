<?php

use PHPUnit\Framework\TestCase;

require '/work/told.php';

final class BTest extends TestCase
{
    public function testTotal(): void
    {
        self::assertSame(3, Shop\total([1, 2]));
    }
}
