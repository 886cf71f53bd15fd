<?php

declare(strict_types=1);

namespace Shop;

/** What the validation of an order has to look up. */
interface Catalogue
{
    public function hasCustomer(int $id): bool;

    /**
     * Those of the SKUs that exist.
     *
     * @param list<string> $skus
     * @return list<string>
     */
    public function knownSkus(array $skus): array;
}
