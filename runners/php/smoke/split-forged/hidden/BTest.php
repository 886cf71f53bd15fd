<?php

use Gradekit\Submission;
use PHPUnit\Framework\TestCase;

final class BTest extends TestCase
{
    public function testTotal(): void
    {
        self::assertSame(3, Submission::call('told.total', [1, 2]));
    }
}
