<?php

use Gradekit\Submission;
use PHPUnit\Framework\TestCase;

final class FreshTest extends TestCase
{
    public function testBegins(): void
    {
        self::assertSame(0, Submission::module('cart')->made());
        Submission::create('cart.Cart', 'ana');
        self::assertSame(1, Submission::module('cart')->made());
    }
}
