<?php

use PHPUnit\Framework\TestCase;

final class ATest extends TestCase
{
    public function testRight(): void
    {
        self::assertTrue(true);
    }

    public function testWrong(): void
    {
        self::assertTrue(true);
    }
}
