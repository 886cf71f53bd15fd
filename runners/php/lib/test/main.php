<?php
/**
 * Runs each file of the hidden suite in a process of its own, and writes the records.
 *
 * This process loads no code of the submission. What a file's process tells it on a pipe is about that file only; its exit
 * code is not looked at.
 */

namespace Gradekit\Test;

const HIDDEN = '/hidden';
const SOCKET = '/call/socket';
const FILE = '#(?:Test|_test|\.test)\.php$#';
const OUTCOMES = ['passed', 'failed', 'skipped', 'errored'];
const MAX_RECORDS = 9_000;
const MAX_LINE = 64 << 10;
const MAX_ID = 900;
const MAX_MESSAGE = 2_000;
const DRAINING = 0.2;
const OPENING = 20.0;
const UNREACHABLE = 3;

/** Writes records with ids that no two tests share. */
final class Records
{
    private int $count = 0;
    private array $seen = [];

    /** @param resource $output */
    public function __construct(private $output)
    {
    }

    public function add(array $names, string $outcome, string $message, float $seconds): void
    {
        if ($this->count >= MAX_RECORDS) {
            return;
        }
        $this->count++;
        $message = mb_substr(mb_scrub($message, 'UTF-8'), 0, MAX_MESSAGE);
        $this->write(['test' => $this->id($names), 'outcome' => $outcome, 'message' => $message, 'seconds' => round($seconds, 4)]);
    }

    public function finish(): void
    {
        $this->write(['end' => $this->count]);
    }

    private function write(array $record): void
    {
        $line = json_encode($record, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE) . "\n";
        while ($line !== '' && ($count = fwrite($this->output, $line)) !== false) {
            $line = substr($line, $count);
        }
    }

    private function id(array $names): string
    {
        $clean = static fn ($name): string => trim(preg_replace('/[\s\p{Cc}]+/u', ' ', mb_scrub((string) $name, 'UTF-8')));
        $id = implode(' > ', array_map($clean, $names));
        if (mb_strlen($id) > MAX_ID) {
            $id = mb_substr($id, 0, MAX_ID - 20) . '... ' . substr(hash('sha256', $id), 0, 12);
        }
        $times = $this->seen[$id] = ($this->seen[$id] ?? 0) + 1;
        return $times === 1 ? $id : "$id #$times";
    }
}

/** The process of a file, and what it tells. */
final class FileRun
{
    private bool $ended = false;

    public function __construct(private readonly string $name, private readonly Records $records)
    {
    }

    public function run(string $app, string $seconds): void
    {
        $folder = '/tmp/suite-' . bin2hex(random_bytes(8));
        mkdir($folder);
        $argv = ['/usr/bin/setsid', '/usr/bin/php', '-c', '/etc/php/8.2/cli/php.ini', '-d', 'auto_prepend_file=', '-d',
            'auto_append_file=', '-d', 'opcache.enable_cli=0', '-d', 'display_errors=stderr', '-d', 'log_errors=0',
            '-d', 'zend.assertions=1', '-d', 'assert.exception=1', '-f', __DIR__ . '/child.php', HIDDEN . "/{$this->name}", $app, $seconds];
        $environment = ['HOME' => $folder, 'LANG' => 'C.UTF-8', 'PATH' => '/usr/local/bin:/usr/bin:/bin', 'TZ' => 'UTC'];
        $descriptors = [0 => ['file', '/dev/null', 'r'], 1 => STDERR, 2 => STDERR, 3 => ['pipe', 'w']];
        $process = proc_open($argv, $descriptors, $pipes, $folder, $environment);
        $pid = proc_get_status($process)['pid'];
        $how = $this->read($process, $pipes[3]);
        fclose($pipes[3]);
        $this->sweep($pid);
        if (!$this->ended) {
            $this->records->add([$this->name], 'errored', "the process of this file $how before its tests had ended", 0.0);
        }
        @proc_close($process);
    }

    /** Take records until the end of them or of the process; how the latter was. */
    private function read($process, $pipe): string
    {
        stream_set_blocking($pipe, false);
        $rest = '';
        $how = null;
        $deadline = INF;
        while (true) {
            if ($how === null && !($status = proc_get_status($process))['running']) {
                $how = $status['signaled'] ? "was ended by signal {$status['termsig']}" : "exited with code {$status['exitcode']}";
                $deadline = microtime(true) + DRAINING;
            }
            if (microtime(true) >= $deadline) {
                return $how;
            }
            [$ready, $none] = [[$pipe], null];
            if (@stream_select($ready, $none, $none, 0, 50_000) > 0) {
                $part = fread($pipe, MAX_LINE);
                $rest .= (string) $part;
                while (($at = strpos($rest, "\n")) !== false) {
                    if (!$this->take(substr($rest, 0, $at))) {
                        return 'wrote what is no record';
                    }
                    $rest = substr($rest, $at + 1);
                    if ($this->ended) {
                        return 'ended';
                    }
                }
                if (strlen($rest) > MAX_LINE) {
                    return 'wrote what is no record';
                }
                if ($part === '' && feof($pipe)) {
                    usleep(20_000);
                }
            }
        }
    }

    private function take(string $line): bool
    {
        $told = json_decode($line, true, 16, JSON_INVALID_UTF8_SUBSTITUTE);
        if (!is_array($told)) {
            return false;
        }
        if (($told['end'] ?? null) === true) {
            $this->ended = true;
        } elseif (in_array($told['outcome'] ?? null, OUTCOMES, true) && is_array($told['path'] ?? null)) {
            $path = array_filter($told['path'], 'is_string');
            $seconds = is_numeric($told['seconds'] ?? null) ? (float) $told['seconds'] : 0.0;
            $this->records->add([$this->name, ...$path], $told['outcome'], (string) ($told['message'] ?? ''), $seconds);
        }
        return true;
    }

    /** End everything that a file left running, where nothing but us and the container's init is there. */
    private function sweep(int $pid): void
    {
        posix_kill(-$pid, SIGKILL);
        posix_kill($pid, SIGKILL);
        if (posix_getppid() === 1 && posix_getuid() !== 0) {
            posix_kill(-1, SIGKILL);
        }
    }
}

function listening(): bool
{
    for ($deadline = microtime(true) + OPENING; microtime(true) < $deadline; usleep(50_000)) {
        $socket = @stream_socket_client('unix://' . SOCKET);
        if ($socket !== false) {
            fclose($socket);
            return true;
        }
    }
    return false;
}

/** The test files below a folder, sorted. */
function files(string $folder): array
{
    $found = [];
    foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($folder, \FilesystemIterator::SKIP_DOTS)) as $file) {
        $name = substr((string) $file, strlen($folder) + 1);
        if ($file->isFile() && preg_match(FILE, $name)) {
            $found[] = $name;
        }
    }
    sort($found, SORT_STRING);
    return $found;
}

mb_substitute_character(0xFFFD);
[, $app, $mode, $seconds] = [...$argv, '', ''];
// Not another descriptor for it: PHP would hand that on to the processes of the files.
$records = new Records(STDOUT);
if ($mode === 'split' && !listening()) {
    fwrite(STDERR, "the submission's container does not listen\n");
    exit(UNREACHABLE);
}
foreach (is_dir(HIDDEN) ? files(HIDDEN) : [] as $name) {
    (new FileRun($name, $records))->run($app, $mode === 'split' ? $seconds : '');
}
$records->finish();
