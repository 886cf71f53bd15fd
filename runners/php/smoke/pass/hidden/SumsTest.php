<?php

namespace Tests;

use PHPUnit\Framework\TestCase;
use Shop\Sums;

final class SumsTest extends TestCase
{
    public static function sums(): array
    {
        return [[1, 2, 3], 'large' => [PHP_INT_MAX - 1, 1, PHP_INT_MAX]];
    }

    /** @dataProvider sums */
    public function testAdd(int $one, int $other, int $sum): void
    {
        self::assertSame($sum, Sums::add($one, $other));
    }

    public function testFile(): void
    {
        self::assertSame(1, require SUBMISSION . '/lib/odd.php');
    }

    public function testFolder(): void
    {
        self::assertFileExists('/work/lib/odd.php');
    }
}
