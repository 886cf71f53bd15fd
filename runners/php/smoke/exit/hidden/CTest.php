<?php

use PHPUnit\Framework\TestCase;

require '/work/fatal.php';

final class CTest extends TestCase
{
    public function testNever(): void
    {
        self::assertTrue(true);
    }
}
