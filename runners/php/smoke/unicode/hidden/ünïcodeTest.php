<?php

use PHPUnit\Framework\TestCase;

require '/work/names.php';

final class ÜnïcodeTest extends TestCase
{
    public static function sizes(): array
    {
        return ['你好 🍵' => ['größer'], "bytes \xFF" => ['größer'], "lines\nand\ttabs" => ["Größe: \xFF\e[31m"]];
    }

    /** @dataProvider sizes */
    public function testGröße(string $size): void
    {
        self::assertTrue(SIZE === $size, $size);
    }
}
