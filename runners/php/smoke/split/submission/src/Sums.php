<?php

namespace Shop;

final class Sums
{
    public const LIMIT = 3;

    public static function total(array $numbers): int
    {
        return array_sum($numbers);
    }

    public static function echo(mixed $value): mixed
    {
        return $value;
    }

    public static function sort(array &$numbers): int
    {
        sort($numbers);
        return count($numbers);
    }

    public static function leave(): never
    {
        exit(0);
    }

    public static function hang(): void
    {
        while (true) {
            self::total([]);
        }
    }

    public static function tricky(): object
    {
        return new class () {
            public function __toString(): string
            {
                return '42';
            }
        };
    }

    public static function look(): array
    {
        return [file_exists('/hidden/SumsTest.php'), file_exists('/work/src/Sums.php')];
    }
}
