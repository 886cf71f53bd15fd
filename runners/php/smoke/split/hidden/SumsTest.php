<?php

use Gradekit\Raised;
use Gradekit\Submission;
use PHPUnit\Framework\TestCase;

final class SumsTest extends TestCase
{
    public function testRight(): void
    {
        self::assertSame(6, Submission::call('sums.total', [1, 2, 3]));
        self::assertSame(3, Submission::constant('sums.LIMIT'));
    }

    public function testWrong(): void
    {
        self::assertSame(4, Submission::call('sums.total', [1, 2]));
    }

    public function testValues(): void
    {
        foreach ([null, true, 'é', "\xFF", 1.0, -INF, PHP_INT_MAX, [], [[1]], ['a' => [1]], ['$x' => 1]] as $value) {
            self::assertSame($value, Submission::call('sums.echo', $value));
        }
        self::assertNan(Submission::call('sums.echo', NAN));
        self::assertEquals(new DateTimeImmutable('2024-02-29'), Submission::call('sums.echo', new DateTimeImmutable('2024-02-29')));
    }

    public function testChanges(): void
    {
        $numbers = [3, 1, 2];
        self::assertSame(3, Submission::change('sums.sort', $numbers));
        self::assertSame([1, 2, 3], $numbers);
    }

    public function testObject(): void
    {
        $cart = Submission::create('cart.Cart', 'ana', limit: 3);
        self::assertSame(2, $cart->add('tea')->add('milk')->getSize());
        self::assertSame('ana', $cart->owner);
        $cart->owner = 'eve';
        self::assertSame('eve', $cart->owner);
        self::assertSame(['tea', 'milk'], [...$cart]);
        self::assertSame(4, $cart->merge($cart));
        self::assertSame(1, Submission::module('cart')->made());
    }

    public function testRaises(): void
    {
        try {
            Submission::create('cart.Cart', 'ana')->add('gold');
            self::fail();
        } catch (Raised $error) {
            self::assertSame(['no gold', 'gold', true], [$error->getMessage(), $error->attribute('item'), $error->is('OutOfStock')]);
        }
        $this->expectException(DomainException::class);
        Submission::create('cart.Cart', 'ana')->add('gold');
    }

    public function testRaisesSomethingElse(): void
    {
        $this->expectException(ValueError::class);
        Submission::create('cart.Cart', 'ana')->add('gold');
    }

    public function testExit(): void
    {
        try {
            Submission::call('sums.leave');
        } catch (Throwable $error) {
            // A test that swallows it does not pass all the same.
            self::assertNotNull($error);
        }
    }

    public function testANewProcessAfterThat(): void
    {
        self::assertSame(1, Submission::call('sums.total', [1]));
    }

    public function testHang(): void
    {
        Submission::call('sums.hang');
    }

    public function testEqualToEverything(): void
    {
        self::assertEquals(42, Submission::call('sums.tricky'));
    }

    public function testObjectsAreNotAlike(): void
    {
        self::assertEquals(Submission::create('cart.Cart', 'a'), Submission::create('cart.Cart', 'a'));
    }

    public function testFunctionsDoNotCross(): void
    {
        Submission::call('sums.echo', static fn (): int => 1);
    }

    public function testTestsAreElsewhere(): void
    {
        self::assertSame([false, true], Submission::call('sums.look'));
        self::assertFileDoesNotExist('/work/src/Sums.php');
    }
}
