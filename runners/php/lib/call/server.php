<?php
/**
 * Accepts connections one after the other; each is served by a new process, and ends the one before.
 *
 * Only what answers is loaded here, once; the submission is loaded in the process of a connection.
 */

namespace Gradekit;

require __DIR__ . '/worker.php';

$app = $argv[1];
define('SUBMISSION', $app);
mb_substitute_character(0xFFFD);
$listener = stream_socket_server('unix:///call/socket');
if ($listener === false) {
    exit(1);
}
chmod('/call/socket', 0o666);
// Alone in a container, under its init: what a process left behind is not among its children any more.
$alone = posix_getppid() === 1 && posix_getuid() !== 0;
$child = 0;
while (true) {
    $connection = @stream_socket_accept($listener, 3600.0);
    if ($connection === false) {
        continue;
    }
    if ($child > 0) {
        posix_kill($child, SIGKILL);
        pcntl_waitpid($child, $status);
        if ($alone) {
            posix_kill(-1, SIGKILL);
        }
    }
    $child = pcntl_fork();
    if ($child === 0) {
        fclose($listener);
        unset($listener);
        (new Worker($app, $connection))->run();
        posix_kill(getmypid(), SIGKILL);
    }
    fclose($connection);
}
