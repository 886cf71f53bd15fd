<?php

use PHPUnit\Framework\TestCase;

require '/work/app.php';

final class ATest extends TestCase
{
    public function testTotal(): void
    {
        self::assertSame(3, Shop\total([1, 2]));
    }
}
