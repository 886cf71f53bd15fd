<?php

declare(strict_types=1);

namespace Shop;

use PDO;

final class Products
{
    private readonly PDO $database;

    public function __construct(string $url)
    {
        $parts = parse_url($url);
        $this->database = new PDO(
            sprintf('pgsql:host=%s;port=%d;dbname=%s', $parts['host'], $parts['port'] ?? 5432, ltrim($parts['path'], '/')),
            $parts['user'],
            $parts['pass'] ?? null,
            [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]
        );
    }

    /** @return list<array{name: string, price: string}> */
    public function below(string $price): array
    {
        $statement = $this->database->prepare('select name, price from product where price < :price order by name');
        $statement->execute(['price' => $price]);
        return $statement->fetchAll(PDO::FETCH_ASSOC);
    }
}
