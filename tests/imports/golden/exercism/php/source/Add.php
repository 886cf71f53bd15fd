<?php

// Whoever likes strict types declares them on the first line of a file.

function add(int $one, int $other): int
{
    throw new \BadFunctionCallException("Write it");
}
