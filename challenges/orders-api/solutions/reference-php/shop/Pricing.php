<?php

declare(strict_types=1);

namespace Shop;

use InvalidArgumentException;

/** Prices of orders: quantity discounts per line, one coupon per order. Money is decimal text, never a float. */
final class Pricing
{
    private const MONEY = '/^\d{1,12}(\.\d{1,2})?$/D';
    /** From this quantity: percent. */
    private const QUANTITY_DISCOUNTS = [50 => 10, 10 => 5, 1 => 0];
    private const COUPONS = ['WELCOME10', 'FIVER', 'GIFT25'];

    /**
     * Price the lines of an order and apply a coupon.
     *
     * @param list<array{sku: string, unit_price: string, quantity: int}> $lines
     * @param string|null $coupon
     * @throws InvalidArgumentException for what cannot be priced
     */
    public static function quote(array $lines, mixed $coupon = null): array
    {
        if ($lines === [] || !array_is_list($lines)) {
            throw new InvalidArgumentException('an order needs a list of at least one line');
        }
        $code = self::couponCode($coupon);
        $priced = array_map(self::price(...), $lines);
        $subtotal = array_reduce($priced, static fn (string $sum, array $line) => bcadd($sum, $line['total'], 2), '0.00');
        $discount = self::discount($code, $subtotal);
        return [
            'lines' => $priced,
            'coupon' => $code,
            'subtotal' => $subtotal,
            'discount' => $discount,
            'total' => bcsub($subtotal, $discount, 2),
        ];
    }

    /**
     * The code in capitals, null for none.
     *
     * @throws InvalidArgumentException if there is no such coupon
     */
    public static function couponCode(mixed $coupon): ?string
    {
        $code = is_string($coupon) ? strtoupper($coupon) : $coupon;
        if ($code !== null && !in_array($code, self::COUPONS, true)) {
            throw new InvalidArgumentException('this coupon is not known');
        }
        return $code;
    }

    private static function price(mixed $line): array
    {
        $quantity = is_array($line) ? $line['quantity'] ?? null : null;
        if (!is_int($quantity) || $quantity < 1) {
            throw new InvalidArgumentException('quantity must be a whole number from 1');
        }
        $price = $line['unit_price'] ?? null;
        if (!is_string($price) || !preg_match(self::MONEY, $price)) {
            throw new InvalidArgumentException('unit_price must be a text such as "4.50"');
        }
        $percent = self::quantityDiscount($quantity);
        return [
            'sku' => $line['sku'] ?? null,
            'quantity' => $quantity,
            'unit_price' => bcadd($price, '0', 2),
            'discount_percent' => $percent,
            'total' => self::percentOf(bcmul($price, (string) $quantity, 2), 100 - $percent),
        ];
    }

    private static function quantityDiscount(int $quantity): int
    {
        foreach (self::QUANTITY_DISCOUNTS as $minimum => $percent) {
            if ($quantity >= $minimum) {
                return $percent;
            }
        }
        return 0;
    }

    private static function discount(?string $code, string $subtotal): string
    {
        return match ($code) {
            null => '0.00',
            'WELCOME10' => self::smaller(self::percentOf($subtotal, 10), '50.00'),
            'FIVER' => bccomp($subtotal, '20.00', 2) >= 0 ? '5.00' : '0.00',
            'GIFT25' => self::smaller('25.00', $subtotal),
        };
    }

    private static function smaller(string $one, string $other): string
    {
        return bccomp($one, $other, 2) < 0 ? $one : $other;
    }

    /** A share of an amount that is not negative, rounded half up to cents. */
    private static function percentOf(string $amount, int $percent): string
    {
        return bcadd(bcmul($amount, bcdiv((string) $percent, '100', 2), 4), '0.005', 2);
    }
}
