<?php
/** Where packages come from, for the list of hosts that `deps` may reach. */

namespace Gradekit;

require __DIR__ . '/index.php';

$index = new Index();
try {
    $lines = ($argv[1] ?? '') === 'files'
        ? array_map(static fn (string $files): array => ['files' => $files], $index->hosts())
        : [['index' => rtrim($index->url, '/')]];
} catch (Unreachable $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(3);
}
foreach ($lines as $line) {
    echo json_encode($line, JSON_UNESCAPED_SLASHES), "\n";
}
