<?php

// Whoever likes strict types declares them on the first line of a file.

declare(strict_types=1);

use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\Attributes\TestDox;
use PHPUnit\Framework\TestCase;

class AddTest extends TestCase
{
    public static function setUpBeforeClass(): void
    {
        require_once SUBMISSION . '/Add.php';
    }

    #[TestDox('small numbers')]
    /** @dataProvider sums */
    public function testSums(int $one, int $other, int $sum): void
    {
        $this->assertSame($sum, add($one, $other));
    }

    public static function sums(): array
    {
        return ['small' => [1, 2, 3], 'large' => [1000, 2000, 3000]];
    }
}
