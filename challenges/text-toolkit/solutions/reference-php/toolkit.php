<?php

/** Small tools for text: slugs, lines, words, numbers, templates, outlines and a counter of words. */

declare(strict_types=1);

const ROMAN = [
    'M' => 1000, 'CM' => 900, 'D' => 500, 'CD' => 400, 'C' => 100, 'XC' => 90,
    'L' => 50, 'XL' => 40, 'X' => 10, 'IX' => 9, 'V' => 5, 'IV' => 4, 'I' => 1,
];

/** Lower-case letters a-z and digits, everything else as single hyphens. */
function slug(string $text): string
{
    $plain = preg_replace('/\p{M}/u', '', Normalizer::normalize($text, Normalizer::FORM_KD));
    return trim(preg_replace('/[^a-z0-9]+/', '-', mb_strtolower($plain)), '-');
}

/**
 * The words in lines of at most `$width` characters; a longer word has a line of its own.
 *
 * @return list<string>
 */
function wrap(string $text, int $width): array
{
    if ($width < 1) {
        throw new ValueError("width must be at least 1, not $width");
    }
    $lines = [];
    foreach (preg_split('/[\s\p{Z}]+/u', $text, -1, PREG_SPLIT_NO_EMPTY) as $word) {
        $last = array_key_last($lines);
        if ($last !== null && mb_strlen($lines[$last]) + 1 + mb_strlen($word) <= $width) {
            $lines[$last] .= " $word";
        } else {
            $lines[] = $word;
        }
    }
    return $lines;
}

/** A line by its number from 0. */
function lineAt(string $text, int $number): string
{
    return explode("\n", $text)[$number] ?? throw new OutOfRangeException("there is no line $number");
}

/**
 * Runs of letters and digits, in lower case.
 *
 * @return list<string>
 */
function words(string $text): array
{
    preg_match_all('/[\p{L}\p{N}]+/u', mb_strtolower($text), $found);
    return $found[0];
}

/** How often each word stands in a text. */
function wordCounts(string $text): array|object
{
    return map(array_count_values(words($text)));
}

/** A map, which is an object when it is empty, since an empty array is a list. */
function map(array $values): array|object
{
    return $values === [] || array_is_list($values) ? (object) $values : $values;
}

/**
 * The most frequent words, equally frequent ones by their code points.
 *
 * @return list<array{string, int}>
 */
function topWords(string $text, int $count): array
{
    if ($count < 0) {
        throw new ValueError("count must not be negative: $count");
    }
    $pairs = [];
    foreach (array_count_values(words($text)) as $word => $times) {
        $pairs[] = [(string) $word, $times];
    }
    usort($pairs, static fn (array $one, array $other): int => $other[1] <=> $one[1] ?: strcmp($one[0], $other[0]));
    return array_slice($pairs, 0, $count);
}

/** How many characters must be put in, left out or replaced. */
function editDistance(string $first, string $second): int
{
    $others = mb_str_split($second);
    $row = range(0, count($others));
    foreach (mb_str_split($first) as $index => $char) {
        $diagonal = $index;
        $row[0] = $index + 1;
        foreach ($others as $column => $other) {
            $above = $row[$column + 1];
            $row[$column + 1] = min($above + 1, $row[$column] + 1, $diagonal + ($char === $other ? 0 : 1));
            $diagonal = $above;
        }
    }
    return end($row);
}

/** 1 for equal texts, 0 for such as have nothing in common. */
function similarity(string $first, string $second): float
{
    $longest = max(mb_strlen($first), mb_strlen($second));
    return $longest === 0 ? 1.0 : 1 - editDistance($first, $second) / $longest;
}

/** A number for a text. */
function fingerprint(string $text): int
{
    $number = 0;
    foreach (mb_str_split($text) as $char) {
        // Below 2 to the power of 63: no step needs more than an integer.
        $number = ($number * 131 + mb_ord($char)) % (1 << 55);
    }
    return $number;
}

/** A whole number from 1 to 3999 in Roman numerals. */
function roman(int $number): string
{
    if ($number < 1 || $number > 3999) {
        throw new ValueError("$number is not from 1 to 3999");
    }
    $written = '';
    foreach (ROMAN as $letters => $value) {
        $written .= str_repeat($letters, intdiv($number, $value));
        $number %= $value;
    }
    return $written;
}

/** The number of Roman numerals. */
function fromRoman(string $text): int
{
    $number = 0;
    $rest = $text;
    foreach (ROMAN as $letters => $value) {
        while (str_starts_with($rest, $letters)) {
            $number += $value;
            $rest = substr($rest, strlen($letters));
        }
    }
    if ($rest !== '' || $number < 1 || $number > 3999 || roman($number) !== $text) {
        throw new ValueError("'$text' is no Roman number");
    }
    return $number;
}

/** Days from one date to another; negative when the second is earlier. */
function daysBetween(string $first, string $second): int
{
    return (int) toDate($first)->diff(toDate($second))->format('%r%a');
}

function toDate(string $text): DateTimeImmutable
{
    if (!preg_match('/^([0-9]{4})-([0-9]{2})-([0-9]{2})$/D', $text, $parts)
        || !checkdate((int) $parts[2], (int) $parts[3], (int) $parts[1])) {
        throw new ValueError("'$text' is not a date");
    }
    return new DateTimeImmutable($text, new DateTimeZone('UTC'));
}

/** What goes up to the first `.`, `!` or `?`; null if there is none. */
function firstSentence(string $text): ?string
{
    return preg_match('/^[^.!?]*[.!?]/', $text, $found) ? trim($found[0]) : null;
}

/**
 * The template with `{name}` replaced by values; `{{` and `}}` are braces.
 *
 * @param array<string, string|int|bool|null> $values
 */
function fill(string $template, array $values): string
{
    return preg_replace_callback('/\{\{|\}\}|\{([a-z_]+)\}|[{}]/', static function (array $found) use ($values): string {
        if ($found[0] === '{{' || $found[0] === '}}') {
            return $found[0][0];
        }
        if (!isset($found[1])) {
            throw new ValueError('a brace stands alone');
        }
        if (!array_key_exists($found[1], $values)) {
            throw new OutOfBoundsException("there is no value {$found[1]}");
        }
        $value = $values[$found[1]];
        return is_bool($value) ? ($value ? 'true' : 'false') : (string) $value;
    }, $template);
}

/**
 * The headings of a text, those of a deeper level inside of the one before.
 *
 * @return list<array{title: string, children: list<array>}>
 */
function outline(string $text): array
{
    $top = ['children' => []];
    $levels = [&$top];
    foreach (explode("\n", $text) as $line) {
        if (!preg_match('/^(#+) +(.*\S) *$/D', $line, $found)) {
            continue;
        }
        $depth = strlen($found[1]);
        if ($depth > count($levels)) {
            throw new ValueError("'$line' is more than one level deeper than the heading before");
        }
        $levels = array_slice($levels, 0, $depth);
        $children = &$levels[$depth - 1]['children'];
        $children[] = ['title' => $found[2], 'children' => []];
        $levels[] = &$children[array_key_last($children)];
        unset($children);
    }
    return $top['children'];
}

/** Counts the words of many texts. */
final class WordCounter
{
    /** @var array<string, int> */
    private array $counts = [];

    public function __construct(string ...$texts)
    {
        foreach ($texts as $text) {
            $this->add($text);
        }
    }

    /** All words. */
    public function getTotal(): int
    {
        return array_sum($this->counts);
    }

    /** Count a text; how many words it has. */
    public function add(string $text): int
    {
        $found = words($text);
        $this->addCounts(array_count_values($found));
        return count($found);
    }

    /** How often a word was met. */
    public function count(string $word): int
    {
        return $this->counts[mb_strtolower($word)] ?? 0;
    }

    /** Forget a word; how often it was met. */
    public function remove(string $word): int
    {
        $own = mb_strtolower($word);
        $times = $this->counts[$own] ?? throw new OutOfBoundsException("there is no word '$word'");
        unset($this->counts[$own]);
        return $times;
    }

    /** Add what another counter has counted. */
    public function merge(self $other): void
    {
        $this->addCounts($other->counts);
    }

    /** All words with how often they were met. */
    public function toMap(): array|object
    {
        return map($this->counts);
    }

    private function addCounts(array $counts): void
    {
        foreach ($counts as $word => $times) {
            $this->counts[$word] = ($this->counts[$word] ?? 0) + $times;
        }
    }
}
