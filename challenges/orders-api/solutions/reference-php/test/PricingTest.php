<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use Shop\Pricing;

require_once dirname(__DIR__) . '/vendor/autoload.php';

final class PricingTest extends TestCase
{
    private static function line(mixed $price, mixed $quantity): array
    {
        return ['sku' => 'X', 'unit_price' => $price, 'quantity' => $quantity];
    }

    /**
     * @testWith ["1.20", 1, 0, "1.20"]
     *           ["1.20", 9, 0, "10.80"]
     *           ["1.20", 10, 5, "11.40"]
     *           ["1.20", 49, 5, "55.86"]
     *           ["1.20", 50, 10, "54.00"]
     *           ["0.03", 10, 5, "0.29"]
     *           ["999999999999.99", 1000000000, 10, "899999999999991000000.00"]
     */
    public function testLine(string $price, int $quantity, int $percent, string $total): void
    {
        [$line] = Pricing::quote([self::line($price, $quantity)])['lines'];
        self::assertSame([$percent, $total], [$line['discount_percent'], $line['total']]);
    }

    /**
     * @testWith [null, "20.00", "0.00", "20.00"]
     *           ["welcome10", "20.05", "2.01", "18.04"]
     *           ["WELCOME10", "900.00", "50.00", "850.00"]
     *           ["FIVER", "19.99", "0.00", "19.99"]
     *           ["FIVER", "20.00", "5.00", "15.00"]
     *           ["GIFT25", "24.00", "24.00", "0.00"]
     */
    public function testCoupon(?string $coupon, string $price, string $discount, string $total): void
    {
        $quote = Pricing::quote([self::line($price, 1)], $coupon);
        self::assertSame([$discount, $total], [$quote['discount'], $quote['total']]);
    }

    public function testTheSumIsThatOfRoundedLines(): void
    {
        self::assertSame('0.87', Pricing::quote(array_fill(0, 3, self::line('0.03', 10)))['subtotal']);
    }

    /**
     * @testWith ["1.00", 0]
     *           ["1.00", -1]
     *           ["1.00", 1.5]
     *           ["1.00", true]
     *           ["1.00", "1"]
     *           ["1.00", null]
     *           ["-0.01", 1]
     *           ["cheap", 1]
     *           ["1.234", 1]
     *           ["1.00\n", 1]
     *           [1.2, 1]
     *           [null, 1]
     */
    public function testWhatCannotBePriced(mixed $price, mixed $quantity): void
    {
        $this->expectException(InvalidArgumentException::class);
        Pricing::quote([self::line($price, $quantity)]);
    }

    /**
     * @testWith ["FREE"]
     *           [""]
     *           [5]
     *           [[]]
     *           [false]
     */
    public function testUnknownCoupons(mixed $coupon): void
    {
        $this->expectException(InvalidArgumentException::class);
        Pricing::quote([self::line('1.00', 1)], $coupon);
    }

    public function testNoLines(): void
    {
        $this->expectException(InvalidArgumentException::class);
        Pricing::quote([]);
    }

    public function testTheCommandLine(): void
    {
        $command = proc_open(['php', 'bin/quote.php'], [['pipe', 'r'], ['pipe', 'w']], $pipes, dirname(__DIR__));
        fwrite($pipes[0], json_encode(['lines' => [self::line('4.75', 2)]]));
        fclose($pipes[0]);
        $quote = json_decode(stream_get_contents($pipes[1]), true);
        self::assertSame(0, proc_close($command));
        self::assertSame('9.50', $quote['total']);
    }
}
