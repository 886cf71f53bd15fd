<?php

use Gradekit\Submission;
use PHPUnit\Framework\TestCase;

final class CalcTest extends TestCase
{
    public function testSmall(): void
    {
        self::assertSame(5, Submission::call('calc.add', 2, 3));
    }

    public function testNegative(): void
    {
        self::assertEquals(-4, Submission::call('calc.add', -7, 3));
    }
}
