<?php

namespace Gradekit;

/** Unpacks a zip of a package, without what such an archive has no business to hold. */
final class Archive
{
    private const MAX_FILES = 20_000;
    private const MAX_SIZE = 512 << 20;

    /**
     * The files of an archive, without the one folder around all of them.
     *
     * @throws \UnexpectedValueException it is no such archive
     */
    public static function unpack(string $data, string $folder): void
    {
        $path = tempnam('/out', '.zip');
        file_put_contents($path, $data);
        $zip = new \ZipArchive();
        try {
            if ($zip->open($path, \ZipArchive::RDONLY) !== true) {
                throw new \UnexpectedValueException('it is no zip');
            }
            self::extract($zip, $folder);
            $zip->close();
        } finally {
            unlink($path);
        }
    }

    private static function extract(\ZipArchive $zip, string $folder): void
    {
        if ($zip->numFiles > self::MAX_FILES) {
            throw new \UnexpectedValueException('it holds too many files');
        }
        $files = [];
        $size = 0;
        for ($number = 0; $number < $zip->numFiles; $number++) {
            $stat = $zip->statIndex($number);
            $name = $stat['name'];
            $size += $stat['size'];
            $zip->getExternalAttributesIndex($number, $system, $attributes);
            $link = $system === \ZipArchive::OPSYS_UNIX && (($attributes >> 16) & 0o170000) === 0o120000;
            if ($size > self::MAX_SIZE || str_contains($name, "\0") || preg_match('#(?:^|[/\\\\])\.\.(?:[/\\\\]|$)|^/|\\\\#', $name)) {
                throw new \UnexpectedValueException('it is too large, or a path leads out of it');
            }
            if (!$link && !str_ends_with($name, '/')) {
                $files[$number] = $name;
            }
        }
        $first = array_unique(array_map(static fn (string $name): string => strstr($name, '/', true) ?: '', $files));
        $strip = count($first) === 1 && reset($first) !== '' ? strlen(reset($first)) + 1 : 0;
        mkdir($folder, 0o755, true);
        foreach ($files as $number => $name) {
            $target = "$folder/" . substr($name, $strip);
            $content = $zip->getFromIndex($number);
            if ($content === false) {
                throw new \UnexpectedValueException('it is damaged');
            }
            if (!is_dir(dirname($target)) && !@mkdir(dirname($target), 0o755, true)) {
                throw new \UnexpectedValueException('a file stands where a folder is needed');
            }
            file_put_contents($target, $content);
        }
    }
}
