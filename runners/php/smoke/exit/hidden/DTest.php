<?php

use PHPUnit\Framework\TestCase;

require '/work/app.php';

final class DTest extends TestCase
{
    public function testRight(): void
    {
        self::assertTrue(true);
    }
}
