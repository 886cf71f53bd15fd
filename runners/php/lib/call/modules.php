<?php

namespace Gradekit;

/** A method of a class whose object is given as the first argument. */
final class Unbound
{
    public function __construct(public readonly string $name)
    {
    }
}

/** A function or method that is not called yet. */
final class Callee
{
    public function __construct(public readonly mixed $target)
    {
    }
}

/** The names that something may have in PHP. */
final class Names
{
    /** A name as it is, and in snake case. */
    public static function variants(string $name): array
    {
        return array_unique([$name, strtolower(preg_replace('/(?<=[a-z0-9])(?=[A-Z])/', '_', $name))]);
    }

    public static function pascal(string $name): string
    {
        return str_replace(' ', '', ucwords(strtr($name, '_-', '  ')));
    }
}

/** A file of the submission that was loaded, or one of its classes: functions, classes and constants. */
final class Module
{
    /**
     * @param list<string> $functions what it brought, with namespaces
     * @param list<string> $classes that of its own name first
     * @param array<string, mixed> $constants
     * @param list<string> $namespaces where more of its classes may be
     */
    public function __construct(
        public readonly string $name,
        public readonly array $functions,
        public readonly array $classes,
        public readonly array $constants,
        private readonly array $namespaces,
    ) {
    }

    /** The class that it is itself; null where it is none. */
    public function itself(): ?\ReflectionClass
    {
        $own = Modules::plain(preg_replace('#^.*[./]#s', '', $this->name));
        foreach ($this->classes as $class) {
            if (Modules::plain(Modules::short($class)) === $own) {
                return new \ReflectionClass($class);
            }
        }
        return null;
    }

    public function names(): array
    {
        return array_map(Modules::short(...), [...$this->functions, ...$this->classes, ...array_keys($this->constants)]);
    }

    /** A function, class or constant; null when there is none. */
    public function member(string $name): mixed
    {
        foreach ($this->constants as $constant => $value) {
            if (Modules::short($constant) === $name) {
                return $value;
            }
        }
        if (preg_match('/^[A-Z]/', $name)) {
            return $this->class($name) ?? $this->constantOfClass($name);
        }
        $own = $this->itself();
        foreach (Names::variants($name) as $variant) {
            foreach ($this->functions as $function) {
                if (strcasecmp(Modules::short($function), $variant) === 0) {
                    return new Callee($function);
                }
            }
            // What belongs to objects of a class is no function of its module, except for that of the module's name.
            foreach (array_filter([$own, ...array_map(static fn ($class) => new \ReflectionClass($class), $this->classes)]) as $class) {
                $method = $class->hasMethod($variant) ? $class->getMethod($variant) : null;
                if ($method?->isPublic() && $method->isStatic()) {
                    return new Callee([$class->getName(), $method->getName()]);
                }
            }
            $method = $own?->hasMethod($variant) ? $own->getMethod($variant) : null;
            if ($method?->isPublic() && ($own->getConstructor()?->getNumberOfRequiredParameters() ?? 0) === 0 && $own->isInstantiable()) {
                return new Callee([$own->newInstance(), $method->getName()]);
            }
        }
        return null;
    }

    /** Whether a class is found by its short name. */
    public function knows(string $class): bool
    {
        return $this->class(Modules::short($class))?->getName() === $class;
    }

    /** A member of a class: a method, a constant or a static property. */
    public static function ofClass(\ReflectionClass $class, string $name): mixed
    {
        if ($class->hasConstant($name)) {
            return $class->getConstant($name);
        }
        foreach (Names::variants($name) as $variant) {
            if ($class->hasMethod($variant) && $class->getMethod($variant)->isPublic()) {
                $method = $class->getMethod($variant);
                return $method->isStatic() ? new Callee([$class->getName(), $method->getName()]) : new Unbound($method->getName());
            }
            $statics = $class->getStaticProperties();
            if (array_key_exists($variant, $statics) && $class->getProperty($variant)->isPublic()) {
                return $statics[$variant];
            }
        }
        return null;
    }

    private function class(string $name): ?\ReflectionClass
    {
        foreach ($this->classes as $class) {
            if (strcasecmp(Modules::short($class), $name) === 0) {
                return new \ReflectionClass($class);
            }
        }
        foreach ($this->namespaces as $namespace) {
            if (class_exists("$namespace$name") || enum_exists("$namespace$name")) {
                return new \ReflectionClass("$namespace$name");
            }
        }
        return null;
    }

    private function constantOfClass(string $name): mixed
    {
        foreach ($this->classes as $class) {
            if (defined("$class::$name")) {
                return constant("$class::$name");
            }
        }
        return null;
    }
}

/** The modules of the submission: files below its folder, or classes that its autoloader knows. */
final class Modules
{
    private const FOLDERS = ['', 'src/', 'lib/', 'app/'];
    /** @var array<string, Module|null> */
    private array $loaded = [];
    private ?\Composer\Autoload\ClassLoader $loader = null;
    /** @var list<string> */
    private readonly array $boot;

    public function __construct(public readonly string $app)
    {
        $this->boot = [...get_declared_classes(), ...get_declared_interfaces()];
    }

    public static function short(string $name): string
    {
        return preg_replace('/^.*\\\\/s', '', $name);
    }

    public static function plain(string $name): string
    {
        return strtolower(strtr($name, ['_' => '', '-' => '']));
    }

    /** A module by its name; null when there is none. */
    public function load(string $name): ?Module
    {
        if (array_key_exists($name, $this->loaded)) {
            return $this->loaded[$name];
        }
        if (str_contains($name, "\0") || $name === '') {
            throw new Unable(json_encode($name) . ' is no module\'s name');
        }
        $this->loader ??= $this->autoloader();
        $parts = preg_split('#[./\\\\]#', preg_replace('/\.php$/', '', $name));
        $pascal = implode('/', array_map(Names::pascal(...), $parts));
        $last = array_pop($parts);
        $paths = [$name, implode('/', [...$parts, $last]) . '.php', implode('/', [...$parts, Names::pascal($last)]) . '.php', "$pascal.php"];
        foreach ($paths as $path) {
            foreach (self::FOLDERS as $folder) {
                $file = realpath("{$this->app}/$folder$path");
                if ($file !== false && is_file($file) && str_starts_with($file, "{$this->app}/") && str_ends_with($file, '.php')) {
                    return $this->loaded[$name] = $this->ofFile($name, $file, strtr($pascal, '/', '\\'));
                }
            }
        }
        return $this->loaded[$name] = $this->ofClass($name, strtr($pascal, '/', '\\'));
    }

    /** The name of a class by which it is found again. */
    public function reference(string $class): string
    {
        if ($class === Absent::class) {
            return 'gradekit:Absent';
        }
        if (in_array($class, $this->boot, true)) {
            return "builtins:$class";
        }
        foreach ([true, false] as $own) {
            foreach (array_filter($this->loaded) as $name => $module) {
                $found = $own ? in_array($class, $module->classes, true) : $module->knows($class);
                if ($found) {
                    return "$name:" . self::short($class);
                }
            }
        }
        return ":$class";
    }

    /** The class of such a name; null when there is none. */
    public function resolve(string $name): ?\ReflectionClass
    {
        [$module, $class] = [...explode(':', $name, 2), ''];
        if ($module !== '' && $module !== 'builtins') {
            $found = $this->load($module)?->member($class);
            return $found instanceof \ReflectionClass ? $found : null;
        }
        return class_exists($class) || interface_exists($class) ? new \ReflectionClass($class) : null;
    }

    private function autoloader(): \Composer\Autoload\ClassLoader
    {
        return require '/opt/gradekit/lib/autoload.php';
    }

    private function ofFile(string $name, string $file, string $class): Module
    {
        $before = [get_defined_functions()['user'], get_defined_constants(true)['user'] ?? []];
        (static function (string $file): void {
            require_once $file;
        })($file);
        $functions = array_values(array_filter(
            get_defined_functions()['user'],
            static fn (string $function): bool => (new \ReflectionFunction($function))->getFileName() === $file
        ));
        $brought = array_values(array_diff(get_defined_functions()['user'], $before[0]));
        $classes = array_values(array_filter(
            [...get_declared_classes(), ...get_declared_interfaces()],
            static fn (string $own): bool => (new \ReflectionClass($own))->getFileName() === $file
        ));
        $constants = array_diff_key(get_defined_constants(true)['user'] ?? [], $before[1]);
        $ours = static fn (string $function): bool => !str_starts_with($function, 'gradekit\\');
        $functions = array_filter(array_unique([...$functions, ...$brought]), $ours);
        return new Module($name, array_values($functions), $classes, $constants, $this->namespaces($class, $functions, $classes));
    }

    /** A class that the submission's autoloader knows. */
    private function ofClass(string $name, string $class): ?Module
    {
        $short = self::short($class);
        foreach ($this->namespaces($class, [], []) as $namespace) {
            foreach (array_unique([$class, $short]) as $own) {
                if (class_exists("$namespace$own")) {
                    $found = "$namespace$own";
                    return new Module($name, [], [$found], [], $this->namespaces($class, [], [$found]));
                }
            }
        }
        return null;
    }

    /** Where classes of a module may be: beside what it brought, in the namespaces of composer.json, and outside of all. */
    private function namespaces(string $class, array $functions, array $classes): array
    {
        $found = array_map(static fn (string $name): string => preg_replace('/[^\\\\]+$/', '', $name), [...$classes, ...$functions]);
        $inner = preg_replace('/[^\\\\]+$/', '', $class);
        foreach (array_keys(Root::autoload($this->app)['psr-4'] ?? []) as $prefix) {
            $found[] = "$prefix$inner";
            $found[] = $prefix;
        }
        return array_values(array_unique([...$found, $inner, '']));
    }
}
