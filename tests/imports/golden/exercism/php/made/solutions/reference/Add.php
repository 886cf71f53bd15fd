<?php

function add(int $one, int $other): int
{
    return $one + $other;
}
