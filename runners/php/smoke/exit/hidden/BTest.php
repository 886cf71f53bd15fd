<?php

use PHPUnit\Framework\TestCase;

require '/work/app.php';

final class BTest extends TestCase
{
    public function testBefore(): void
    {
        self::assertTrue(true);
    }

    public function testThen(): void
    {
        leave();
    }

    public function testZ(): void
    {
        self::assertTrue(true);
    }
}
