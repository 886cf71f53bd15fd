<?php

use PHPUnit\Framework\TestCase;

require_once __DIR__ . '/helper.php';

final class WordsTest extends TestCase
{
    public function testShout(): void
    {
        self::assertSame('TEA!', shout(HELP));
    }

    /** @depends testShout */
    public function testHelper(): void
    {
        self::assertSame(3, strlen(HELP));
    }
}
