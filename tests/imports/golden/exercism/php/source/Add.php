<?php

function add(int $one, int $other): int
{
    throw new \BadFunctionCallException("Write it");
}
