<?php

use PHPUnit\Framework\TestCase;

require '/work/slow.php';

final class ATest extends TestCase
{
    public function testQuick(): void
    {
        self::assertSame(1, quick());
    }

    public function testSlow(): void
    {
        forever();
    }
}
