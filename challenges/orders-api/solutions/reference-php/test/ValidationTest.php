<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use Shop\Catalogue;
use Shop\Refusal;
use Shop\Validation;

require_once dirname(__DIR__) . '/vendor/autoload.php';

final class ValidationTest extends TestCase
{
    private const TIME = '2024-03-01T09:30:00.123456Z';

    private Catalogue $catalogue;

    protected function setUp(): void
    {
        $this->catalogue = new class implements Catalogue {
            public function hasCustomer(int $id): bool
            {
                return $id === 1;
            }

            public function knownSkus(array $skus): array
            {
                return array_values(array_intersect($skus, ['A']));
            }
        };
    }

    public function testAValidOrder(): void
    {
        $body = '{"customer_id": 1, "lines": [{"sku": "A", "quantity": 1, "total": "0.01"}], "status": "shipped"}';
        $order = Validation::order(Validation::object($body), $this->catalogue);
        self::assertSame([1, [['sku' => 'A', 'quantity' => 1]], null], [$order->customer_id, $order->lines, $order->coupon]);
    }

    public function testEveryProblemIsNamed(): void
    {
        $body = '{"customer_id": "1", "lines": [{"sku": "B", "quantity": true}, 5], "coupon": "NOPE"}';
        $fields = ['customer_id', 'lines[0].sku', 'lines[0].quantity', 'lines[1].sku', 'lines[1].quantity', 'coupon'];
        self::assertSame($fields, $this->fields($body));
    }

    /**
     * @testWith ["{}"]
     *           ["[]"]
     *           ["{\"0\": {\"sku\": \"A\", \"quantity\": 1}}"]
     *           ["null"]
     */
    public function testLinesAreAList(string $lines): void
    {
        self::assertSame(['lines'], $this->fields("{\"customer_id\": 1, \"lines\": $lines}"));
    }

    /**
     * @testWith [""]
     *           ["two pens"]
     *           ["[{}]"]
     *           ["null"]
     *           ["{\"a\": \"\\ud800\"}"]
     */
    public function testWhatIsNoObject(string $body): void
    {
        $this->expectExceptionObject(new Refusal('malformed_json', 'the body must be a JSON object'));
        Validation::object($body);
    }

    public function testACursorComesBack(): void
    {
        self::assertSame([7], Validation::decodeCursor(Validation::encodeCursor(7)));
        self::assertSame([self::TIME, 7], Validation::decodeCursor(Validation::encodeCursor(self::TIME, 7), true));
    }

    public function testForeignCursors(): void
    {
        $own = [
            Validation::encodeCursor('now', 7),
            Validation::encodeCursor('2024-02-30T09:30:00.123456Z', 7),
            Validation::encodeCursor('0000-03-01T09:30:00.123456Z', 7),
            Validation::encodeCursor(self::TIME . "\0", 7),
            Validation::encodeCursor(1, 2),
            Validation::encodeCursor(),
        ];
        foreach (['', 'x', 'AAAA', 'e30=', 'bnVsbA==', 'é', [], ...$own] as $cursor) {
            foreach ([false, true] as $withTime) {
                self::assertSame(['cursor'], self::refused(static fn () => Validation::decodeCursor($cursor, $withTime)));
            }
        }
    }

    public function testBadLimits(): void
    {
        foreach (['0', '101', '-1', 'ten', '1.5', '', '²', "5\n", ['5']] as $limit) {
            self::assertSame(['limit'], self::refused(static fn () => Validation::limit($limit)));
        }
    }

    public function testKeys(): void
    {
        self::assertSame('0', Validation::idempotencyKey('0'));
        self::assertNull(Validation::idempotencyKey(''));
        foreach (["\xff", str_repeat('x', 256)] as $key) {
            self::assertSame(['Idempotency-Key'], self::refused(static fn () => Validation::idempotencyKey($key)));
        }
    }

    /** @return list<string> the fields that an order is refused for */
    private function fields(string $body): array
    {
        return self::refused(fn () => Validation::order(Validation::object($body), $this->catalogue));
    }

    private static function refused(callable $work): array
    {
        try {
            $work();
        } catch (Refusal $refusal) {
            return array_column($refusal->details, 'field');
        }
        return [];
    }
}
