<?php

namespace Shop;

final class Sums
{
    public static function add(int $one, int $other): int
    {
        return $one + $other;
    }
}
