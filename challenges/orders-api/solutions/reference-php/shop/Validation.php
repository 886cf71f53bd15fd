<?php

declare(strict_types=1);

namespace Shop;

use DateTimeImmutable;
use InvalidArgumentException;
use JsonException;
use stdClass;

/** What a request may contain, before any table is changed. */
final class Validation
{
    public const MAX_LINES = 50;
    public const MAX_QUANTITY = 1000;
    public const MAX_LIMIT = 100;
    public const MAX_KEY = 255;
    private const MAX_ID = 2 ** 31 - 1;
    private const TIME = 'Y-m-d\TH:i:s.u\Z';

    /**
     * The object that a body is.
     *
     * @throws Refusal it is none
     */
    public static function object(string $body): stdClass
    {
        try {
            $object = json_decode($body, false, 512, JSON_THROW_ON_ERROR);
        } catch (JsonException) {
            $object = null;
        }
        return $object instanceof stdClass ? $object : throw new Refusal('malformed_json', 'the body must be a JSON object');
    }

    /**
     * The order that a body holds.
     *
     * @throws Refusal it names every invalid field
     */
    public static function order(stdClass $body, Catalogue $catalogue): Order
    {
        $problems = [];
        $customer = $body->customer_id ?? null;
        if (!self::isInteger($customer, 1, self::MAX_ID) || !$catalogue->hasCustomer($customer)) {
            $problems['customer_id'] = 'must be the id of an existing customer';
        }
        $lines = $body->lines ?? null;
        $problems += self::lineProblems($lines, $catalogue);
        $coupon = $body->coupon ?? null;
        try {
            Pricing::couponCode($coupon);
        } catch (InvalidArgumentException) {
            $problems['coupon'] = 'is not known';
        }
        if ($problems !== []) {
            throw Refusal::invalid($problems);
        }
        $wanted = static fn (stdClass $line): array => ['sku' => $line->sku, 'quantity' => $line->quantity];
        return new Order($customer, array_map($wanted, $lines), $coupon);
    }

    /** The key of a request, null for none. */
    public static function idempotencyKey(?string $key): ?string
    {
        if ($key !== null && (!self::isText($key) || strlen($key) > self::MAX_KEY)) {
            throw Refusal::invalid(['Idempotency-Key' => 'must be UTF-8 of at most ' . self::MAX_KEY . ' bytes']);
        }
        return $key === '' ? null : $key;
    }

    /** The number of a path, null for what is no id at all. */
    public static function pathId(string $text): ?int
    {
        return preg_match('/^\d{1,10}$/D', $text) && (int) $text <= self::MAX_ID ? (int) $text : null;
    }

    public static function limit(mixed $text): int
    {
        if ($text === null) {
            return 20;
        }
        $limit = is_string($text) && preg_match('/^\d{1,3}$/D', $text) ? (int) $text : 0;
        if ($limit < 1 || $limit > self::MAX_LIMIT) {
            throw Refusal::invalid(['limit' => 'must be a whole number from 1 to ' . self::MAX_LIMIT]);
        }
        return $limit;
    }

    /** A cursor that starts behind this key: an id, after a time where there is one. */
    public static function encodeCursor(string|int ...$key): string
    {
        return rtrim(strtr(base64_encode(json_encode($key, JSON_THROW_ON_ERROR)), '+/', '-_'), '=');
    }

    /**
     * The key that `encodeCursor` was given; null for no cursor.
     *
     * @return array{int}|array{string, int}|null
     */
    public static function decodeCursor(mixed $text, bool $withTime = false): ?array
    {
        if ($text === null) {
            return null;
        }
        $data = is_string($text) ? base64_decode(strtr($text, '-_', '+/'), true) : false;
        $key = $data === false ? null : json_decode($data, true);
        if (!is_array($key) || !array_is_list($key) || count($key) !== ($withTime ? 2 : 1)
            || !self::isInteger($key[count($key) - 1], 0, self::MAX_ID) || ($withTime && !self::isTime($key[0]))) {
            throw Refusal::invalid(['cursor' => 'is not a cursor of ours']);
        }
        return $key;
    }

    /** Whether PostgreSQL can hold it: no NUL, no broken characters. */
    public static function isText(mixed $value): bool
    {
        return is_string($value) && mb_check_encoding($value, 'UTF-8') && !str_contains($value, "\0");
    }

    /** @return array<string, string> */
    private static function lineProblems(mixed $lines, Catalogue $catalogue): array
    {
        if (!is_array($lines) || $lines === [] || count($lines) > self::MAX_LINES) {
            return ['lines' => 'must be a list of 1 to ' . self::MAX_LINES . ' lines'];
        }
        $skus = array_map(static fn (mixed $line): mixed => $line instanceof stdClass ? $line->sku ?? null : null, $lines);
        $known = $catalogue->knownSkus(array_values(array_filter($skus, self::isText(...))));
        $problems = [];
        foreach ($lines as $index => $line) {
            if (!in_array($skus[$index], $known, true)) {
                $problems["lines[$index].sku"] = 'must be the SKU of an existing product';
            }
            $quantity = $line instanceof stdClass ? $line->quantity ?? null : null;
            if (!self::isInteger($quantity, 1, self::MAX_QUANTITY)) {
                $problems["lines[$index].quantity"] = 'must be a whole number from 1 to ' . self::MAX_QUANTITY;
            }
        }
        return $problems;
    }

    private static function isInteger(mixed $value, int $least, int $most): bool
    {
        return is_int($value) && $value >= $least && $value <= $most;
    }

    private static function isTime(mixed $text): bool
    {
        // PostgreSQL knows no year 0.
        if (!is_string($text) || !preg_match('/^(?!0000)\d{4}-/', $text) || str_contains($text, "\0")) {
            return false;
        }
        $time = DateTimeImmutable::createFromFormat(self::TIME, $text);
        return $time !== false && $time->format(self::TIME) === $text;
    }
}
