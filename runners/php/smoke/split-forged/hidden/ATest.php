<?php

use Gradekit\Submission;
use PHPUnit\Framework\TestCase;

final class ATest extends TestCase
{
    public function testTotal(): void
    {
        self::assertSame(3, Submission::call('app.total', [1, 2]));
    }
}
