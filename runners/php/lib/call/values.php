<?php
/** How values are written for the call protocol, and what is made of those that come; runners/README.md has the table. */

namespace Gradekit;

const MAX_LINE = 1 << 20;
const MAX_DEPTH = 64;
const EXACT = 2 ** 53;

/** A line or a value that is none of the protocol, or that has no like in PHP. */
final class Malformed extends \Exception
{
}

/** A value that the protocol does not carry. */
final class TooMuch extends \Exception
{
}

/**
 * A message as a line.
 *
 * @throws TooMuch it is too long
 */
function dump(array|object $message): string
{
    $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR;
    $line = json_encode($message, $flags, 1024) . "\n";
    if (strlen($line) > MAX_LINE) {
        throw new TooMuch('larger than ' . (MAX_LINE >> 10) . ' KiB');
    }
    return $line;
}

/**
 * The object that a line holds; objects in it are objects, too.
 *
 * @throws Malformed it is none
 */
function load(string $line): \stdClass
{
    $data = json_decode($line, false, 256, JSON_BIGINT_AS_STRING);
    return $data instanceof \stdClass ? $data : throw new Malformed('it is no JSON object, or nested too deeply');
}

/** Text that JSON carries. */
function text(string $value): string
{
    return mb_check_encoding($value, 'UTF-8') ? $value : mb_scrub($value, 'UTF-8');
}

/** Writes values as JSON; a subclass says what becomes of all that is no data. */
abstract class Packer
{
    abstract protected function other(object $value, int $depth): mixed;

    /** What to write for an array. */
    protected function items(array $value, int $depth): mixed
    {
        return $this->content($value, $depth);
    }

    public function pack(mixed $value, int $depth = 0): mixed
    {
        return match (true) {
            is_int($value) => abs($value) <= EXACT ? $value : ['$int' => (string) $value],
            is_float($value) => is_finite($value) ? $value : ['$float' => is_nan($value) ? 'nan' : ($value > 0 ? 'inf' : '-inf')],
            is_string($value) => mb_check_encoding($value, 'UTF-8') ? $value : ['$bytes' => base64_encode($value)],
            is_array($value) => $this->items($value, self::deeper($depth)),
            is_object($value) => $this->thing($value, self::deeper($depth)),
            is_resource($value) => throw new TooMuch('a resource'),
            default => $value,
        };
    }

    /** An array's content. */
    public function content(array $value, int $depth = 0): mixed
    {
        return array_is_list($value) ? array_map(fn ($item) => $this->pack($item, $depth), $value) : $this->map($value, $depth);
    }

    private function thing(object $value, int $depth): mixed
    {
        return match (true) {
            $value instanceof \stdClass => $this->map(get_object_vars($value), $depth),
            $value instanceof \ArrayObject => $this->map($value->getArrayCopy(), $depth),
            $value instanceof \GMP => $this->integer($value),
            $value instanceof \DateTimeInterface => ['$datetime' => $value->format('Y-m-d\TH:i:s.uP')],
            $value instanceof \UnitEnum => ['$enum' => [$this->named($value), $value->name]],
            default => $this->other($value, $depth),
        };
    }

    protected function named(object $value): string
    {
        return ':' . $value::class;
    }

    private function integer(\GMP $value): array
    {
        $digits = gmp_strval($value);
        return strlen($digits) <= 4300 ? ['$int' => $digits] : throw new TooMuch('more than 4300 digits');
    }

    private function map(array $value, int $depth): mixed
    {
        $plain = [];
        foreach ($value as $key => $item) {
            $key = (string) $key;
            if (str_starts_with($key, '$') || !mb_check_encoding($key, 'UTF-8')) {
                return ['$map' => array_map(
                    fn ($key, $item) => [$this->pack($key, $depth), $this->pack($item, $depth)],
                    array_keys($value),
                    array_values($value)
                )];
            }
            $plain[] = [$key, $this->pack($item, $depth)];
        }
        $made = new \stdClass();
        foreach ($plain as [$key, $item]) {
            $made->{$key} = $item;
        }
        return $made;
    }

    private static function deeper(int $depth): int
    {
        if ($depth >= MAX_DEPTH) {
            throw new TooMuch('nested deeper than ' . MAX_DEPTH . ', or contains itself');
        }
        return $depth + 1;
    }
}

/** Makes values of JSON; a subclass knows the tags that need more than the JSON itself. */
abstract class Unpacker
{
    /** How many lists, maps, sets and byte arrays there were. */
    public int $containers = 0;

    abstract protected function special(string $tag, \stdClass $data, int $depth): mixed;

    public function unpack(mixed $data, int $depth = 0): mixed
    {
        if ($depth > MAX_DEPTH) {
            throw new Malformed('a value is nested too deeply');
        }
        if (is_array($data)) {
            $this->containers++;
            return $this->each($data, $depth);
        }
        if (!$data instanceof \stdClass) {
            return $data;
        }
        foreach ($data as $key => $_) {
            if (str_starts_with((string) $key, '$')) {
                return $this->tagged((string) $key, $data, $depth);
            }
        }
        $this->containers++;
        return $this->each((array) $data, $depth);
    }

    private function each(array $items, int $depth): array
    {
        return array_map(fn ($item) => $this->unpack($item, $depth + 1), $items);
    }

    private function tagged(string $tag, \stdClass $data, int $depth): mixed
    {
        $content = $data->{$tag};
        switch ($tag) {
            case '$tuple':
            case '$frozenset':
                return $this->each($this->list($tag, $content), $depth);
            case '$set':
                $this->containers++;
                return $this->each($this->list($tag, $content), $depth);
            case '$map':
                $this->containers++;
                $made = [];
                foreach ($this->list($tag, $content) as $pair) {
                    if (!is_array($pair) || count($pair) !== 2) {
                        throw new Malformed('$map needs pairs');
                    }
                    [$key, $value] = $this->each($pair, $depth);
                    if (!is_int($key) && !is_string($key)) {
                        throw new Malformed('$map: PHP has only integers and texts as keys');
                    }
                    $made[$key] = $value;
                }
                return $made;
            case '$range':
                [$start, $stop, $step] = [...$this->list($tag, $content), null, null, null];
                if (!is_int($start) || !is_int($stop) || !is_int($step) || $step === 0 || abs(($stop - $start) / $step) > 1e6) {
                    throw new Malformed('$range needs three integers, and not too many steps');
                }
                $made = [];
                for ($at = $start; $step > 0 ? $at < $stop : $at > $stop; $at += $step) {
                    $made[] = $at;
                }
                return $made;
        }
        return $this->scalar($tag, $content, $data, $depth);
    }

    private function scalar(string $tag, mixed $content, \stdClass $data, int $depth): mixed
    {
        static $scalars = null;
        $scalars ??= [
            '$int' => static fn (string $text) => preg_match('/^-?\d{1,4300}$/D', $text)
                ? ((string) (int) $text === $text ? (int) $text : gmp_init($text)) : throw new \ValueError(),
            '$float' => static fn (string $text) => ['nan' => NAN, 'inf' => INF, '-inf' => -INF][$text] ?? throw new \ValueError(),
            '$decimal' => static fn (string $text) => is_numeric($text) ? $text : throw new \ValueError(),
            '$bytes' => static fn (string $text) => base64_decode($text, true),
            '$bytearray' => static fn (string $text) => base64_decode($text, true),
            '$date' => self::moment(...),
            '$datetime' => self::moment(...),
            '$time' => static fn (string $text) => $text,
            '$uuid' => static fn (string $text) => $text,
            '$timedelta' => static fn (string $text) => is_numeric($text) ? (float) $text : throw new \ValueError(),
        ];
        if (!isset($scalars[$tag])) {
            return $this->special($tag, $data, $depth);
        }
        if (!is_string($content)) {
            throw new Malformed("$tag needs a text");
        }
        try {
            $made = $scalars[$tag]($content);
        } catch (\Exception | \Error) {
            $made = false;
        }
        if ($made === false) {
            throw new Malformed("$tag has a wrong content");
        }
        if ($tag === '$bytearray') {
            $this->containers++;
        }
        return $made;
    }

    /** One that says no zone is in UTC, as the clock here is. */
    private static function moment(string $text): \DateTimeImmutable
    {
        $iso = '/^(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/D';
        if (!preg_match($iso, $text, $parts) || !checkdate((int) $parts[2], (int) $parts[3], (int) $parts[1])) {
            throw new \ValueError();
        }
        return new \DateTimeImmutable($text, new \DateTimeZone('UTC'));
    }

    protected function list(string $tag, mixed $content): array
    {
        return is_array($content) ? $content : throw new Malformed("$tag needs a list");
    }
}
