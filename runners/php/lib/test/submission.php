<?php
/**
 * Split suites: `Submission` calls the submission, which is in another container.
 *
 * Only data cross. What comes is a stranger's: exact plain values are made of it, and a call that meets no proper answer
 * fails its test, whatever the test makes of it.
 */

namespace Gradekit;

require_once __DIR__ . '/../call/values.php';

/** Something of the tests that cannot go to the submission, or of the submission that cannot come. */
final class CannotCross extends \LogicException
{
}

/** What the submission threw; it also extends the class of PHP that its own class is or extends. */
interface Raised extends \Throwable
{
    /** Its class and ancestors, as the call protocol names them. */
    public function classes(): array;

    /** Whether it is an instance of a class of that name, with or without module or namespace. */
    public function is(string $class): bool;

    /** A public attribute. */
    public function attribute(string $name): mixed;
}

/** A module, class or object of the submission: methods are called, attributes read and set, and `foreach` goes over it. */
final class Remote implements \IteratorAggregate
{
    /** So that no two of them are equal: what is equal is not for the submission to say. */
    private readonly string $nonce;

    public function __construct(private readonly array $wire, private readonly int $process)
    {
        $this->nonce = bin2hex(random_bytes(16));
    }

    public function __call(string $name, array $args): mixed
    {
        return Submission::ask("$name()", ['op' => 'call', 'on' => $this->wire(), 'path' => $name], $args);
    }

    public function __get(string $name): mixed
    {
        return Submission::ask($name, ['op' => 'get', 'on' => $this->wire(), 'path' => $name], []);
    }

    public function __set(string $name, mixed $value): void
    {
        Submission::ask($name, ['op' => 'set', 'on' => $this->wire(), 'path' => '', 'name' => $name], [$value]);
    }

    public function __isset(string $name): bool
    {
        return true;
    }

    public function getIterator(): \Iterator
    {
        $items = Submission::ask('foreach', ['op' => 'operate', 'operator' => 'list'], [$this]);
        return new \ArrayIterator(is_array($items) ? $items : []);
    }

    /** What goes over the wire for it. */
    public function wire(): array
    {
        Submission::alive($this->process);
        return $this->wire;
    }
}

/** Writes arguments. */
final class Sender extends Packer
{
    protected function other(object $value, int $depth): mixed
    {
        return $value instanceof Remote ? $value->wire()
            : throw new CannotCross('a ' . $value::class . ' of the tests cannot be passed to the submission; pass data');
    }
}

/** Reads what came back. */
final class Answer extends Unpacker
{
    protected function special(string $tag, \stdClass $data, int $depth): mixed
    {
        $content = $data->{$tag};
        return match (true) {
            $tag === '$handle' && is_int($content) => new Remote(['$handle' => $content], Submission::process()),
            $tag === '$class' && is_string($content) => new Remote(['$class' => $content], Submission::process()),
            $tag === '$enum' && is_array($content) && is_string($content[1] ?? null) => $content[1],
            $tag === '$exception' && $content instanceof \stdClass => Submission::raised($content, $this, $depth),
            default => throw new Malformed("$tag is none of the protocol"),
        };
    }
}

/** The submission, for tests in another container. */
final class Submission
{
    private const SOCKET = 'unix:///call/socket';
    private static float $seconds;
    /** @var resource|null */
    private static $socket = null;
    private static int $number = 0;
    private static int $process = 0;
    private static array $faults = [];

    /** A function of a module by its path: `call('shop.pricing.total', [1, 2])`. */
    public static function call(string $path, mixed ...$args): mixed
    {
        [$module, $name] = self::split($path);
        return self::ask("$path()", ['op' => 'call', 'on' => ['$module' => $module], 'path' => $name], $args);
    }

    /** The same for a function that changes an array which is passed by reference, its first argument. */
    public static function change(string $path, array &$first, mixed ...$args): mixed
    {
        [$module, $name] = self::split($path);
        return self::ask("$path()", ['op' => 'call', 'on' => ['$module' => $module], 'path' => $name], [&$first, ...$args]);
    }

    /** A new object of a class: `create('shop.Cart', 'ana')`. */
    public static function create(string $path, mixed ...$args): Remote
    {
        $made = self::call($path, ...$args);
        return $made instanceof Remote ? $made : self::fail($path, 'no object came');
    }

    /** A constant of a module. */
    public static function constant(string $path): mixed
    {
        [$module, $name] = self::split($path);
        return self::ask($path, ['op' => 'get', 'on' => ['$module' => $module], 'path' => $name], []);
    }

    /** A module, whose functions are called like methods. */
    public static function module(string $name): Remote
    {
        return new Remote(['$module' => $name], self::$process);
    }

    private static function split(string $path): array
    {
        $at = strrpos($path, '.');
        return $at === false ? self::fail($path, 'MODULE.NAME was expected') : [substr($path, 0, $at), substr($path, $at + 1)];
    }

    // --- for the runner

    /** @internal */
    public static function open(float $seconds): void
    {
        self::$seconds = $seconds;
    }

    /** @internal what went wrong since it was asked last; null: nothing */
    public static function fault(): ?string
    {
        $fault = self::$faults[0] ?? null;
        self::$faults = [];
        return $fault;
    }

    /** @internal */
    public static function process(): int
    {
        return self::$process;
    }

    /** @internal */
    public static function alive(int $process): void
    {
        if ($process !== self::$process) {
            self::fail('an object of the submission', 'the process that it belonged to has ended');
        }
    }

    /** @internal ask; what the submission threw is thrown */
    public static function ask(string $label, array $fields, array $args): mixed
    {
        $id = ++self::$number;
        $named = array_filter($args, 'is_string', ARRAY_FILTER_USE_KEY);
        $plain = array_diff_key($args, $named);
        try {
            $sender = new Sender();
            $packed = ['args' => array_map($sender->pack(...), array_values($plain)), 'kwargs' => (object) array_map($sender->pack(...), $named)];
            $line = dump(['id' => $id] + $fields + $packed);
        } catch (TooMuch | CannotCross | \JsonException $error) {
            self::fail($label, $error->getMessage());
        }
        $answer = self::exchange($label, $line);
        try {
            $reply = load($answer);
            if (($reply->id ?? null) !== $id) {
                throw new Malformed('it is no answer to this');
            }
            if (is_string($reply->refused ?? null)) {
                self::fail($label, substr($reply->refused, 0, 1000));
            }
            if (property_exists($reply, 'value') === property_exists($reply, 'error')) {
                throw new Malformed('it has neither a value nor an error');
            }
            $reader = new Answer();
            $value = property_exists($reply, 'error') ? self::raised($reply->error, $reader) : $reader->unpack($reply->value);
            $first = array_key_first($plain);
            foreach ((array) ($reply->changed ?? []) as $change) {
                $content = is_array($change) && ($change[0] ?? null) === 0 && $first !== null ? $reader->unpack($change[1] ?? null) : null;
                if (is_array($content) && is_array($args[$first])) {
                    $args[$first] = $content;
                }
            }
        } catch (Malformed | \TypeError $error) {
            self::fail($label, "the answer is none of the call protocol ({$error->getMessage()})");
        }
        return property_exists($reply, 'error') ? throw $value : $value;
    }

    /** @internal the exception that stands for what was thrown there */
    public static function raised(mixed $data, Answer $reader, int $depth = 0): \Throwable
    {
        $classes = array_filter((array) ($data->classes ?? []), 'is_string');
        if (!$data instanceof \stdClass || $classes === []) {
            throw new Malformed('an error has no classes');
        }
        $attributes = array_map(static fn ($item) => $reader->unpack($item, $depth + 1), (array) ($data->attributes ?? []));
        $made = (new \ReflectionClass(self::raisedClass($classes)))->newInstanceWithoutConstructor();
        $made->fill(is_string($data->message ?? null) ? $data->message : '', array_values($classes), $attributes);
        return $made;
    }

    /** The class for the nearest exception of PHP's own, and of none of a framework's. */
    private static function raisedClass(array $classes): string
    {
        $base = 'Exception';
        foreach ($classes as $name) {
            $own = str_starts_with($name, 'builtins:') ? substr($name, 9) : '';
            if (preg_match('/^\w+$/', $own) && is_subclass_of($own, \Throwable::class) && (new \ReflectionClass($own))->isInternal()
                && !(new \ReflectionClass($own))->isFinal()) {
                $base = $own;
                break;
            }
        }
        $made = "Gradekit\\Raised\\$base";
        if (!class_exists($made, false)) {
            eval("namespace Gradekit\\Raised; final class $base extends \\$base implements \\Gradekit\\Raised { use \\Gradekit\\Told; }");
        }
        return $made;
    }

    private static function fail(string $label, string $why): never
    {
        self::$faults[] = "$label: $why";
        throw new CannotCross("$label: $why");
    }

    private static function exchange(string $label, string $line): string
    {
        self::$socket ??= @stream_socket_client(self::SOCKET) ?: null;
        if (self::$socket === null) {
            self::fail($label, 'nothing listens');
        }
        [$ready, $none] = [[self::$socket], null];
        if (stream_select($ready, $none, $none, 0) > 0) {
            self::lose($label, 'the submission ended its process, or wrote to the connection unasked');
        }
        for ($rest = $line; $rest !== ''; $rest = substr($rest, $count)) {
            $count = @fwrite(self::$socket, $rest);
            if ($count === false || $count === 0) {
                self::lose($label, "the submission's process ended before it answered");
            }
        }
        return self::answer($label);
    }

    private static function answer(string $label): string
    {
        stream_set_blocking(self::$socket, false);
        $data = '';
        for ($deadline = microtime(true) + self::$seconds; !str_ends_with($data, "\n");) {
            $left = max(0, (int) (($deadline - microtime(true)) * 1e6));
            [$ready, $none] = [[self::$socket], null];
            if ($left === 0 || stream_select($ready, $none, $none, intdiv($left, 1_000_000), $left % 1_000_000) === 0) {
                self::lose($label, 'no answer came within ' . self::$seconds . ' s');
            }
            $part = fread(self::$socket, 1 << 16);
            if ($part === false || ($part === '' && feof(self::$socket))) {
                self::lose($label, "the submission's process ended before it answered");
            }
            $data .= $part;
            if (strlen($data) > MAX_LINE) {
                self::lose($label, 'the answer is longer than ' . (MAX_LINE >> 10) . ' KiB');
            }
        }
        stream_set_blocking(self::$socket, true);
        if (substr_count($data, "\n") > 1) {
            self::lose($label, 'the submission wrote more than one answer');
        }
        return $data;
    }

    private static function lose(string $label, string $why): never
    {
        fclose(self::$socket);
        self::$socket = null;
        self::$process++;
        self::fail($label, $why);
    }
}

/** @internal what all that was raised has */
trait Told
{
    private array $names = [];
    private array $attributes = [];

    public function fill(string $message, array $names, array $attributes): void
    {
        [$this->message, $this->names, $this->attributes] = [$message, $names, $attributes];
    }

    public function classes(): array
    {
        return $this->names;
    }

    public function is(string $class): bool
    {
        foreach ($this->names as $name) {
            if ($name === $class || preg_replace('/^.*[:\\\\]/s', '', $name) === $class) {
                return true;
            }
        }
        return false;
    }

    public function attribute(string $name): mixed
    {
        return $this->attributes[$name] ?? null;
    }
}
