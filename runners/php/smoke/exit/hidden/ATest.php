<?php

use PHPUnit\Framework\TestCase;

require '/work/onload.php';

final class ATest extends TestCase
{
    public function testNever(): void
    {
        self::assertTrue(true);
    }
}
