<?php
/** The process of one file of a hidden suite: our PHPUnit, our settings, then the file. */

namespace Gradekit\Test;

use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\Test;
use PHPUnit\Framework\TestCase;
use PHPUnit\Framework\TestResult;
use PHPUnit\Framework\TestSuite;
use PHPUnit\Framework\Warning;

require '/usr/share/php/PHPUnit/Autoload.php';

mb_substitute_character(0xFFFD);

/** Tells of each test when the hooks after it have run, too, so that what a later test does does not undo it. */
final class Report implements \PHPUnit\Framework\TestListener
{
    private const RANK = ['passed' => 0, 'skipped' => 1, 'failed' => 2, 'errored' => 3];
    private const MAX_MESSAGE = 2_000;
    /** Frames of what is a test's own doing, set-up and tear-down excepted. */
    private const BODY = ['runTest', 'verifyMockObjects'];

    /** @var resource */
    private $output;
    private array $open = ['passed', ''];

    public function __construct(private readonly \Closure $faults)
    {
        $this->output = fopen('php://fd/3', 'w');
    }

    public function record(array $path, string $outcome, string $message = '', float $seconds = 0.0): void
    {
        $plain = mb_scrub(preg_replace('/\e\[[0-9;]*m/', '', $message) ?? $message, 'UTF-8');
        if (mb_strlen($plain) > self::MAX_MESSAGE) {
            $plain = mb_substr($plain, 0, self::MAX_MESSAGE / 2) . ' ... ' . mb_substr($plain, -self::MAX_MESSAGE / 2 + 10);
        }
        $told = ['path' => $path, 'outcome' => $outcome, 'message' => $outcome === 'passed' ? '' : $plain, 'seconds' => $seconds];
        fwrite($this->output, json_encode($told, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
    }

    public function finish(): void
    {
        fwrite($this->output, "{\"end\":true}\n");
    }

    private function note(string $outcome, \Throwable $error): void
    {
        if (self::RANK[$outcome] > self::RANK[$this->open[0]]) {
            $class = $error instanceof \PHPUnit\Framework\ExceptionWrapper ? $error->getClassName() : $error::class;
            $name = $error instanceof AssertionFailedError ? '' : "$class: ";
            $detail = $error instanceof \PHPUnit\Framework\ExpectationFailedException && $error->getComparisonFailure() !== null
                ? $error->getComparisonFailure()->getDiff() : '';
            $this->open = [$outcome, $name . $error->getMessage() . $detail];
        }
    }

    private function phase(\Throwable $error): string
    {
        $trace = $error instanceof \PHPUnit\Framework\ExceptionWrapper ? $error->getSerializableTrace() : $error->getTrace();
        foreach ($trace as $frame) {
            if (($frame['class'] ?? '') === TestCase::class && in_array($frame['function'], self::BODY, true)) {
                return 'failed';
            }
        }
        return 'errored';
    }

    public function addError(Test $test, \Throwable $t, float $time): void
    {
        $this->note($this->phase($t), $t);
    }

    public function addFailure(Test $test, AssertionFailedError $e, float $time): void
    {
        $this->note($this->phase($e), $e);
    }

    public function addWarning(Test $test, Warning $e, float $time): void
    {
        if (!$test instanceof \PHPUnit\Framework\WarningTestCase || !str_starts_with($e->getMessage(), 'No tests found')) {
            $this->note('errored', $e);
        }
    }

    public function addIncompleteTest(Test $test, \Throwable $t, float $time): void
    {
        $this->note('skipped', $t);
    }

    public function addSkippedTest(Test $test, \Throwable $t, float $time): void
    {
        $this->note('skipped', $t);
    }

    public function addRiskyTest(Test $test, \Throwable $t, float $time): void
    {
    }

    public function startTestSuite(TestSuite $suite): void
    {
    }

    public function endTestSuite(TestSuite $suite): void
    {
    }

    public function startTest(Test $test): void
    {
        $this->open = ['passed', ''];
    }

    public function endTest(Test $test, float $time): void
    {
        [$outcome, $message] = $this->open;
        $fault = ($this->faults)();
        if ($fault !== null && $outcome === 'passed') {
            [$outcome, $message] = ['failed', $fault];
        }
        if ($test instanceof \PHPUnit\Framework\WarningTestCase && $outcome === 'passed') {
            return;
        }
        // A provider of data that fails leaves a test without the name of its own.
        $path = preg_match('/specified for (\S+)::(\S+) is invalid/', $message, $match)
            ? [$match[1], $match[2]] : [$test::class, $test instanceof TestCase ? $test->getName() : ''];
        $this->record($path, $outcome, $message, $time);
    }
}

function run(string $file, Report $report): void
{
    try {
        (static function (string $file): void {
            require $file;
        })($file);
    } catch (\Throwable $error) {
        $report->record([], 'errored', $error::class . ": {$error->getMessage()}");
        return;
    }
    $result = new TestResult();
    $result->addListener($report);
    $result->beStrictAboutTestsThatDoNotTestAnything(false);
    $result->convertDeprecationsToExceptions(false);
    foreach (get_declared_classes() as $name) {
        $class = new \ReflectionClass($name);
        if ($class->getFileName() === $file && $class->isSubclassOf(TestCase::class) && !$class->isAbstract()) {
            (new TestSuite($class))->run($result);
        }
    }
}

[, $file, $app, $seconds] = $argv;
[$argv, $argc] = [[$file], 1];
if ($seconds === '') {
    define('SUBMISSION', $app);
    $report = new Report(static fn () => null);
} else {
    require __DIR__ . '/submission.php';
    \Gradekit\Submission::open((float) $seconds);
    $report = new Report(\Gradekit\Submission::fault(...));
}
try {
    if ($seconds === '') {
        require '/opt/gradekit/lib/autoload.php';
    }
    run($file, $report);
} catch (\Throwable $error) {
    $report->record([], 'errored', $error::class . ": {$error->getMessage()}");
}
$report->finish();
// Nothing that was to happen at the end does.
posix_kill(getmypid(), SIGKILL);
