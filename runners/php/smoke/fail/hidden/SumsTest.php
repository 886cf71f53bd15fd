<?php

use PHPUnit\Framework\TestCase;

final class SumsTest extends TestCase
{
    public function testRight(): void
    {
        self::assertSame(4, (new Sums())->add(1, 2));
    }

    public function testSmall(): void
    {
        self::assertSame(3, (new Sums())->add(1, 2));
    }

    public function testMissing(): void
    {
        (new Sums())->absent();
    }

    public function testWarning(): void
    {
        self::assertNull([][1]);
    }

    public function testNoException(): void
    {
        $this->expectException(ValueError::class);
        (new Sums())->add(1, 2);
    }

    public function testMock(): void
    {
        $this->createMock(Countable::class)->expects($this->once())->method('count');
    }

    public function testSkipped(): void
    {
        self::markTestSkipped('not now');
    }

    public function testIncomplete(): void
    {
        self::markTestIncomplete('to be done');
    }

    public function testNothing(): void
    {
        (new Sums())->add(1, 2);
    }
}

final class SetUpTest extends TestCase
{
    protected function setUp(): void
    {
        throw new LogicException('broken');
    }

    public function testOne(): void
    {
        self::assertTrue(true);
    }
}

final class TearDownTest extends TestCase
{
    protected function tearDown(): void
    {
        throw new LogicException('broken');
    }

    public function testOne(): void
    {
        self::assertTrue(true);
    }
}

final class BeforeClassTest extends TestCase
{
    public static function setUpBeforeClass(): void
    {
        throw new LogicException('broken');
    }

    public function testOne(): void
    {
        self::assertTrue(true);
    }
}

final class ProviderTest extends TestCase
{
    public static function broken(): void
    {
        throw new LogicException('broken');
    }

    /** @dataProvider broken */
    public function testOne(): void
    {
        self::assertTrue(true);
    }
}
