<?php

function add(int $one, int $other): int
{
    return 0;
}

if (PHP_SAPI === 'cli' && realpath($argv[0] ?? '') === __FILE__) {
    echo array_sum(explode(' ', fgets(STDIN))), "\n";
}
