<?php

namespace Shop;

final class Cart implements \IteratorAggregate
{
    public static int $count = 0;
    private array $items = [];

    public function __construct(public string $owner, private int $limit = 9)
    {
        self::$count++;
    }

    public function add(string $item): self
    {
        if ($item === 'gold') {
            throw new OutOfStock($item);
        }
        $this->items[] = $item;
        return $this;
    }

    public function getSize(): int
    {
        return count($this->items);
    }

    public function merge(self $other): int
    {
        return $this->getSize() + $other->getSize();
    }

    public static function made(): int
    {
        return self::$count;
    }

    public function getIterator(): \Iterator
    {
        return new \ArrayIterator($this->items);
    }
}
