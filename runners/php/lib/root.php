<?php

namespace Gradekit;

/** A submission's folder, and what its composer.json says of classes. */
final class Root
{
    private const MAX = 1 << 20;

    /** The nearest folder above a file with a composer.json; else /work. */
    public static function of(string $file): string
    {
        for ($folder = dirname($file); strlen($folder) > 1; $folder = dirname($folder)) {
            if (is_file("$folder/composer.json") && !str_starts_with($folder, '/opt/')) {
                return $folder;
            }
        }
        return '/work';
    }

    /** The section `autoload`, with `autoload-dev` behind it; empty where there is none. */
    public static function autoload(string $root): array
    {
        $path = "$root/composer.json";
        $data = is_file($path) && filesize($path) <= self::MAX ? json_decode(file_get_contents($path), true) : null;
        $found = [];
        foreach (['autoload', 'autoload-dev'] as $section) {
            foreach (is_array($data[$section] ?? null) ? $data[$section] : [] as $kind => $entries) {
                if (is_array($entries) && in_array($kind, ['psr-4', 'psr-0', 'classmap', 'files'], true)) {
                    $found[$kind] = array_merge_recursive($found[$kind] ?? [], $entries);
                }
            }
        }
        return $found;
    }

    /** Tell a loader what a section says of a folder; the files that are to be loaded at once. */
    public static function register(\Composer\Autoload\ClassLoader $loader, string $folder, array $autoload): array
    {
        $places = static fn ($paths): array => array_map(
            static fn ($path): string => rtrim("$folder/$path", '/'),
            array_filter((array) $paths, 'is_string')
        );
        foreach ($autoload['psr-4'] ?? [] as $prefix => $paths) {
            if ($prefix === '' || str_ends_with($prefix, '\\')) {
                $loader->addPsr4($prefix, $places($paths));
            }
        }
        foreach ($autoload['psr-0'] ?? [] as $prefix => $paths) {
            $loader->add($prefix, $places($paths));
        }
        return array_values(array_filter($places($autoload['files'] ?? []), 'is_file'));
    }

    /** Class to file, for the section `classmap`. */
    public static function classmap(string $folder, array $autoload): array
    {
        $found = [];
        foreach ($autoload['classmap'] ?? [] as $path) {
            $place = is_string($path) ? rtrim("$folder/$path", '/') : '';
            if (file_exists($place)) {
                require_once '/usr/share/php/Composer/autoload.php';
                $found += \Composer\ClassMapGenerator\ClassMapGenerator::createMap($place);
            }
        }
        return $found;
    }
}
