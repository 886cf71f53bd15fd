<?php
/** The deps phase: unpacks the packages of composer.lock. No script, plug-in or other code of a package runs. */

namespace Gradekit;

require __DIR__ . '/index.php';
require __DIR__ . '/archive.php';
require '/opt/gradekit/lib/root.php';
require_once '/usr/share/php/Composer/autoload.php';

const SOURCE = '/in';
const TARGET = '/out';
const LOCK = 'composer.lock';
const MAX_FILE = 8 << 20;
const MOST = 500;
/** What the place of execution gives, not a package. */
const PLATFORM = '/^(?:php|php-64bit|hhvm|composer|composer-(?:plugin|runtime)-api|(?:ext|lib)-.+)$/';
const NAME = '#^[a-z0-9](?:[_.-]?[a-z0-9]+)*/[a-z0-9](?:(?:[_.]|-{1,2})?[a-z0-9]+)*$#';

/** A JSON object of the submission; null when there is no such file. */
function object(string $name): ?array
{
    $path = SOURCE . "/$name";
    if (!is_file($path)) {
        return null;
    }
    if (filesize($path) > MAX_FILE) {
        throw new Refused("$name: it is larger than " . (MAX_FILE >> 10) . ' KiB');
    }
    $data = json_decode(file_get_contents($path), true, 128);
    if (!is_array($data) || (array_is_list($data) && $data !== [])) {
        throw new Refused("$name: it is no JSON object: " . json_last_error_msg());
    }
    return $data;
}

/** The submission demands a PHP that this one is not. */
final class Another extends \RuntimeException
{
    public function __construct(string $place, string $wanted, string $what)
    {
        parent::__construct("$place: wants PHP " . substr($wanted, 0, 100) . '; this runner has ' . PHP_VERSION . "; $what");
    }
}

/** Say what hints at another PHP; of 8.2.1 only 8.2 counts. */
function note(): void
{
    $file = SOURCE . '/.php-version';
    $hint = is_file($file) ? trim((string) file_get_contents($file, false, null, 0, 1024)) : '';
    if (preg_match('/^\d+(?:\.\d+){0,2}$/', $hint)) {
        $series = array_slice(explode('.', $hint), 0, 2);
        if ($series !== array_slice(explode('.', PHP_VERSION), 0, count($series))) {
            $note = (new Another('.php-version', $hint, 'it was run all the same'))->getMessage();
            echo json_encode(['note' => $note], JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
        }
    }
}

/** Refuse what this PHP does not meet; `$own`: it is the submission's own demand, not that of a package. */
function meets(string $whose, array $require, bool $own = false): void
{
    foreach ($require as $name => $constraint) {
        if (($name === 'php' || $name === 'php-64bit') && is_string($constraint)) {
            try {
                $fits = \Composer\Semver\Semver::satisfies(PHP_VERSION, $constraint);
            } catch (\UnexpectedValueException $error) {
                throw new Refused("$whose: $name: {$error->getMessage()}");
            }
            if (!$fits && $own) {
                throw new Another($whose, $constraint, 'Composer would refuse to install it');
            }
            if (!$fits) {
                throw new Refused("$whose: it needs PHP $constraint, and this is " . PHP_VERSION);
            }
        } elseif (str_starts_with((string) $name, 'ext-') && !extension_loaded(extension(substr($name, 4)))) {
            throw new Refused("$whose: it needs the extension " . substr($name, 4) . ', which this PHP does not have');
        }
    }
}

function extension(string $name): string
{
    return $name === 'zend-opcache' ? 'Zend OPcache' : $name;
}

/** The packages of the lock file, checked. */
function locked(array $lock): array
{
    $found = [];
    $list = $lock['packages'] ?? null;
    if (!is_array($list) || !array_is_list($list)) {
        throw new Refused(LOCK . ': packages: a list was expected; run `composer update` and hand in what it writes');
    }
    foreach ($list as $package) {
        [$name, $version] = [$package['name'] ?? null, $package['version'] ?? null];
        if (!is_string($name) || !preg_match(NAME, $name) || !is_string($version)) {
            throw new Refused(LOCK . ': packages: one has no proper name or version: ' . json_encode($name));
        }
        if (str_starts_with($version, 'dev-') || str_ends_with($version, '-dev')) {
            throw new Refused(LOCK . ": $name $version: a branch is not fetched; use a release");
        }
        $found[$name] = $package;
    }
    if (count($found) > MOST) {
        throw new Refused(LOCK . ': it wants ' . count($found) . ' packages; at most ' . MOST . ' were expected');
    }
    return $found;
}

/** Fetch and unpack one package; what the registry says of it. */
function unpack_package(string $name, array $package, Index $index): array
{
    $version = $package['version'];
    $what = LOCK . ": $name $version";
    $known = $index->versions($name) ?? throw new Refused("$what: the registry has no such package");
    $own = $known[$version] ?? throw new Refused("$what: the registry has no such version");
    if (($own['type'] ?? 'library') === 'metapackage') {
        return $own;
    }
    $dist = $own['dist'] ?? null;
    if (!is_array($dist) || ($dist['type'] ?? '') !== 'zip' || !is_string($dist['url'] ?? null)) {
        throw new Refused("$what: the registry has no archive of it");
    }
    $wanted = $package['dist']['reference'] ?? '';
    if ($wanted !== '' && ($dist['reference'] ?? '') !== '' && $wanted !== $dist['reference']) {
        throw new Refused("$what: the registry's release is not the one that was locked; run `composer update $name`");
    }
    $data = $index->file($dist['url']) ?? throw new Refused("$what: the registry has no archive of it any more");
    foreach ([$dist['shasum'] ?? '', $package['dist']['shasum'] ?? ''] as $sum) {
        if (is_string($sum) && $sum !== '' && !hash_equals(strtolower($sum), sha1($data))) {
            throw new Refused("$what: the archive's SHA-1 is not the one that is given");
        }
    }
    meets($what, (array) ($own['require'] ?? []));
    try {
        Archive::unpack($data, TARGET . "/vendor/$name");
    } catch (\UnexpectedValueException $error) {
        throw new Refused("$what: its archive is refused: {$error->getMessage()}");
    }
    foreach ((array) ($own['bin'] ?? []) as $path) {
        if (is_string($path) && is_file(TARGET . "/vendor/$name/$path") && !str_contains($path, '..')) {
            @mkdir(TARGET . '/vendor/bin', 0o755);
            chmod(TARGET . "/vendor/$name/$path", 0o755);
            @symlink("../$name/$path", TARGET . '/vendor/bin/' . basename($path));
        }
    }
    return $own;
}

/** The names in an order in which each stands behind what it needs. */
function ordered(array $packages): array
{
    $found = [];
    $visit = static function (string $name) use (&$visit, &$found, $packages): void {
        if (isset($found[$name]) || !isset($packages[$name])) {
            return;
        }
        $found[$name] = false;
        foreach (array_keys((array) ($packages[$name]['require'] ?? [])) as $needed) {
            $visit((string) $needed);
        }
        unset($found[$name]);
        $found[$name] = true;
    };
    array_map($visit, array_keys($packages));
    return array_keys($found);
}

function main(): void
{
    $wanted = object('composer.json');
    $lock = object(LOCK);
    note();
    meets('composer.json: require', array_filter((array) ($wanted['require'] ?? []), 'is_string'), true);
    meets(LOCK . ': platform', array_filter((array) ($lock['platform'] ?? []), 'is_string'), true);
    if ($lock === null) {
        $names = array_keys((array) ($wanted['require'] ?? []));
        $needed = array_filter($names, static fn ($name): bool => !preg_match(PLATFORM, (string) $name));
        if ($needed !== []) {
            throw new Refused('composer.json: it wants ' . implode(', ', array_slice($needed, 0, 5)) . ', and there is no '
                . LOCK . '; run `composer update` and hand the lock file in');
        }
        return;
    }
    $index = new Index();
    $packages = locked($lock);
    if ($packages === []) {
        return;
    }
    foreach ($packages as $name => $package) {
        $packages[$name] = unpack_package($name, $package, $index);
    }
    $list = [];
    foreach (ordered($packages) as $name) {
        $folder = "/opt/deps/vendor/$name";
        $autoload = array_filter((array) ($packages[$name]['autoload'] ?? []), 'is_array');
        $here = TARGET . "/vendor/$name";
        $classes = Root::classmap($here, $autoload);
        $list[] = [
            'name' => $name,
            'version' => $packages[$name]['version'],
            'folder' => $folder,
            'autoload' => $autoload,
            'classmap' => array_map(static fn (string $path): string => $folder . substr($path, strlen($here)), $classes),
        ];
    }
    file_put_contents(TARGET . '/vendor/packages.json', json_encode($list, JSON_THROW_ON_ERROR));
    file_put_contents(TARGET . '/vendor/autoload.php', "<?php\nreturn require '/opt/gradekit/lib/autoload.php';\n");
}

try {
    main();
} catch (Refused $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(2);
} catch (Another $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(4);
} catch (Unreachable $error) {
    fwrite(STDERR, "the registry of packages cannot be reached: {$error->getMessage()}\n");
    exit(3);
}
