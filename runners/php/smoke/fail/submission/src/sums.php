<?php

class Sums
{
    public function add(int $one, int $other): int
    {
        return $one + $other + 1;
    }
}
