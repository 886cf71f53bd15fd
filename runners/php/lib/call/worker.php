<?php
/**
 * Answers the calls of one connection with the submission.
 *
 * What it tells is the submission's own claim, and the other side reads it as such.
 */

namespace Gradekit;

require_once __DIR__ . '/values.php';
require_once __DIR__ . '/modules.php';
require_once __DIR__ . '/../root.php';
require_once '/usr/share/php/Composer/Autoload/ClassLoader.php';

/** What a request names is not there: no error of the submission's own. */
final class Absent extends \Exception
{
}

/** It cannot be done here. */
final class Unable extends \Exception
{
}

/** Reads the arguments of a request. */
final class Reader extends Unpacker
{
    public function __construct(private readonly Worker $worker)
    {
    }

    protected function special(string $tag, \stdClass $data, int $depth): mixed
    {
        $content = $data->{$tag};
        switch ($tag) {
            case '$handle':
                return $this->worker->objects[$content] ?? throw new Unable("there is no object $content");
            case '$class':
                return $this->worker->modules->resolve((string) $content) ?? throw new Absent("there is no class $content");
            case '$module':
                return $this->worker->modules->load((string) $content) ?? throw new Absent("there is no module $content");
            case '$enum':
                [$class, $name] = $this->list($tag, $content);
                $enum = $this->worker->modules->resolve((string) $class);
                return $enum !== null && enum_exists($enum->getName()) ? constant("{$enum->getName()}::$name")
                    : throw new Absent("there is no enumeration $class");
            default:
                throw new Malformed("$tag has no like in PHP");
        }
    }
}

/** Writes an answer. */
final class Writer extends Packer
{
    private const MAX_MESSAGE = 10_000;
    private const MAX_ATTRIBUTES = 50;
    private bool $inside = false;

    public function __construct(private readonly Worker $worker)
    {
    }

    protected function other(object $value, int $depth): mixed
    {
        if ($value instanceof \ReflectionClass) {
            return ['$class' => $this->worker->modules->reference($value->getName())];
        }
        return $value instanceof \Throwable && !$this->inside ? ['$exception' => $this->error($value, $depth)] : $this->kept($value);
    }

    protected function named(object $value): string
    {
        return $this->worker->modules->reference($value::class);
    }

    /** An object that is not copied. */
    public function kept(object $value): array
    {
        return ['$handle' => $this->worker->handle($value), 'class' => $this->named($value)];
    }

    public function error(\Throwable $error, int $depth = 0): array
    {
        $names = array_map($this->worker->modules->reference(...), [$error::class, ...array_values(class_parents($error))]);
        // For whoever knows only what such errors are called.
        $short = array_map(static fn (string $name): string => ':' . preg_replace('/^.*[:\\\\]/s', '', $name), $names);
        return [
            'classes' => array_values(array_unique([...$names, ...$short])),
            'message' => mb_substr(text($error->getMessage()), 0, self::MAX_MESSAGE),
            'args' => [],
            'attributes' => (object) $this->attributes($error, $depth),
            'handle' => $this->worker->handle($error),
        ];
    }

    private function attributes(\Throwable $error, int $depth): array
    {
        $this->inside = true;
        $found = [];
        foreach (array_slice(get_object_vars($error), 0, self::MAX_ATTRIBUTES) as $name => $value) {
            try {
                $found[$name] = $this->pack($value, $depth + 1);
            } catch (TooMuch) {
                continue;
            }
        }
        $this->inside = false;
        return $found;
    }
}

/** Answers requests. */
final class Worker
{
    private const MAX_TOLD = 4_000;
    private const OPERATIONS = ['call', 'get', 'set', 'import', 'describe', 'operate'];
    public readonly Modules $modules;
    /** @var array<int, object> objects that stay here */
    public array $objects = [];
    private array $sent = [];
    private \SplObjectStorage $numbers;
    private int $fresh = 0;

    /** @param resource $channel */
    public function __construct(string $app, private $channel)
    {
        $this->modules = new Modules($app);
        $this->numbers = new \SplObjectStorage();
    }

    public function run(): void
    {
        chdir($this->modules->app);
        stream_set_timeout($this->channel, 86_400);
        while (($line = stream_get_line($this->channel, MAX_LINE + 1, "\n")) !== false) {
            $answer = $this->answer($line);
            while ($answer !== '' && ($count = fwrite($this->channel, $answer)) !== false) {
                $answer = substr($answer, $count);
            }
        }
    }

    public function handle(object $value): int
    {
        if (!$this->numbers->contains($value)) {
            $this->numbers[$value] = ++$this->fresh;
            $this->objects[$this->fresh] = $value;
        }
        $number = $this->numbers[$value];
        $this->sent[$number] = ($this->sent[$number] ?? 0) + 1;
        return $number;
    }

    private function drop(int $number, int $count): void
    {
        $this->sent[$number] = ($this->sent[$number] ?? 0) - $count;
        if ($this->sent[$number] <= 0 && isset($this->objects[$number])) {
            $this->numbers->detach($this->objects[$number]);
            unset($this->objects[$number], $this->sent[$number]);
        }
    }

    private function answer(string $line): string
    {
        $id = null;
        try {
            $request = load($line);
            $id = $request->id ?? null;
            foreach ((array) ($request->drop ?? []) as [$number, $count]) {
                $this->drop((int) $number, (int) $count);
            }
            $operation = $request->op ?? null;
            if (!in_array($operation, self::OPERATIONS, true)) {
                throw new Unable('there is no operation ' . json_encode($operation));
            }
            return dump(['id' => $id] + $this->attempt($request, $operation));
        } catch (Malformed | Unable $error) {
            $why = $error->getMessage();
        } catch (TooMuch | \JsonException $error) {
            $why = "its value is {$error->getMessage()}";
        }
        return dump(['id' => $id, 'refused' => text($why)]);
    }

    private function attempt(\stdClass $request, string $operation): array
    {
        $writer = new Writer($this);
        $args = $before = $places = [];
        try {
            $reader = new Reader($this);
            foreach ((array) ($request->args ?? []) as $item) {
                $places[] = is_array($item) || $item instanceof \stdClass ? $reader->containers : null;
                $count = $reader->containers;
                $args[] = $reader->unpack($item);
                if ($reader->containers === $count) {
                    $places[count($args) - 1] = null;
                }
            }
            $kwargs = array_map(static fn ($item) => $reader->unpack($item), (array) ($request->kwargs ?? []));
            $before = $args;
            $outcome = ['value' => $this->{$operation}($request, $writer, $args, $kwargs)];
        } catch (Malformed | Unable | TooMuch $error) {
            throw $error;
        } catch (\Throwable $error) {
            fwrite(STDERR, substr((string) $error, 0, self::MAX_TOLD) . "\n");
            $outcome = ['error' => $writer->error($error)];
        }
        foreach ($before as $index => $was) {
            if ($places[$index] !== null && is_array($was) && $args[$index] !== $was && is_array($args[$index])) {
                $outcome['changed'][] = [$places[$index], $writer->content($args[$index])];
            }
        }
        return $outcome;
    }

    // --- operations

    private function call(\stdClass $request, Writer $writer, array &$args, array $kwargs): mixed
    {
        [$owner, $member] = $this->find($request);
        if ($member instanceof \ReflectionClass) {
            $made = $this->called(static fn () => $member->newInstance(...$args, ...$kwargs));
            return $made instanceof \Throwable ? $writer->pack($made) : $writer->kept($made);
        }
        if ($owner instanceof \ReflectionClass && $member instanceof Unbound) {
            // `Class.method` with the object first, as some languages call it.
            $member = new Callee([array_shift($args), $member->name]);
        }
        $callable = $member instanceof Callee ? $member->target : $member;
        if (!is_callable($callable) || !($member instanceof Callee || is_object($member))) {
            throw new Absent('there is no function ' . ($request->path ?? ''));
        }
        $references = [];
        foreach ($args as $key => &$item) {
            $references[$key] = &$item;
        }
        unset($item);
        return $writer->pack($this->called(static fn () => call_user_func_array($callable, $references + $kwargs)));
    }

    /** Arguments that a function does not take are no error that it raised. */
    private function called(\Closure $call): mixed
    {
        try {
            return $call();
        } catch (\Error $error) {
            $ours = ($error->getTrace()[1]['file'] ?? $error->getFile()) === __FILE__ || $error->getFile() === __FILE__;
            $odd = $error instanceof \ArgumentCountError || str_starts_with($error->getMessage(), 'Unknown named parameter')
                || preg_match('/^(?:Cannot instantiate|Call to (?:private|protected))/', $error->getMessage());
            throw $odd && $ours ? new Absent($error->getMessage()) : $error;
        }
    }

    private function get(\stdClass $request, Writer $writer): mixed
    {
        [, $member] = $this->find($request);
        if ($member instanceof Callee && $this->reads($member)) {
            return $writer->pack(($member->target)());
        }
        return $member instanceof Callee || $member instanceof Unbound ? ['$callable' => ['async' => false]] : $writer->pack($member);
    }

    /** Whether it is a method of an object that can do without arguments: an attribute, too. */
    private function reads(Callee $member): bool
    {
        return is_array($member->target) && is_object($member->target[0]) && method_exists(...$member->target)
            && (new \ReflectionMethod(...$member->target))->getNumberOfRequiredParameters() === 0;
    }

    private function set(\stdClass $request, Writer $writer, array $args): mixed
    {
        [, $object] = $this->find($request);
        $name = (string) ($request->name ?? '');
        if (!is_object($object) || !property_exists($object, $name)) {
            throw new Absent("there is no $name");
        }
        $object->{$name} = $args[0] ?? null;
        return null;
    }

    private function import(\stdClass $request): mixed
    {
        $module = $this->modules->load((string) ($request->module ?? ''));
        return $module === null ? null : ['names' => $module->names()];
    }

    private function describe(\stdClass $request): array
    {
        $class = $this->modules->resolve((string) ($request->class ?? '')) ?? throw new Absent("there is no {$request->class}");
        $bases = array_map($this->modules->reference(...), array_values(class_parents($class->getName())));
        return ['kind' => $class->isSubclassOf(\Throwable::class) ? 'exception' : 'class', 'bases' => $bases];
    }

    private function operate(\stdClass $request, Writer $writer, array $args): mixed
    {
        return match ($request->operator ?? null) {
            'list' => $writer->pack(is_iterable($args[0] ?? null) ? [...$args[0]] : throw new Absent('it cannot be iterated')),
            'instanceof' => ($args[1] ?? null) instanceof \ReflectionClass && $args[1]->isInstance($args[0]),
            default => throw new Unable('there is no operator ' . json_encode($request->operator ?? null)),
        };
    }

    // --- names

    /** The owner and the member that a request's path leads to; the path may be empty. */
    private function find(\stdClass $request): array
    {
        $value = (new Reader($this))->unpack($request->on ?? null);
        $owner = null;
        $path = (string) ($request->path ?? '');
        foreach ($path === '' ? [] : explode('.', $path) as $name) {
            if ($value instanceof Callee) {
                $value = ($value->target)();
            }
            [$owner, $value] = [$value, $this->member($value, $name)];
        }
        if ($value instanceof Module) {
            $value = $value->itself() ?? throw new Absent('a module cannot be called');
        }
        return [$owner, $value];
    }

    private function member(mixed $owner, string $name): mixed
    {
        if ($owner instanceof Module) {
            return $owner->member($name) ?? throw new Absent("there is no $name");
        }
        if ($owner instanceof \ReflectionClass) {
            return Module::ofClass($owner, $name) ?? throw new Absent("there is no $name");
        }
        if (is_array($owner) && array_key_exists($name, $owner)) {
            return $owner[$name];
        }
        if (!is_object($owner)) {
            throw new Absent("there is no $name");
        }
        foreach (Names::variants($name) as $own) {
            $properties = get_object_vars($owner);
            if (array_key_exists($own, $properties)) {
                return $properties[$own];
            }
            foreach ([$own, 'get' . ucfirst($own), 'is' . ucfirst($own)] as $method) {
                if (is_callable([$owner, $method]) && method_exists($owner, $method)) {
                    return new Callee([$owner, $method]);
                }
            }
        }
        if (method_exists($owner, '__get') && isset($owner->{$name})) {
            return $owner->{$name};
        }
        return method_exists($owner, '__call') ? new Callee([$owner, $name]) : throw new Absent("there is no $name");
    }
}
