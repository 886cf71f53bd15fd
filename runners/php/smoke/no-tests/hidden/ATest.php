<?php

use PHPUnit\Framework\TestCase;

abstract class ATest extends TestCase
{
    public function testNothing(): void
    {
        self::fail();
    }
}
