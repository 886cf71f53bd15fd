<?php

use PHPUnit\Framework\TestCase;

final class LateTest extends TestCase
{
    public function testBefore(): void
    {
        self::assertTrue(true);
    }
}

throw new LogicException('after the first test');
