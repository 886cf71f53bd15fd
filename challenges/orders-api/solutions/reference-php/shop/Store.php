<?php

declare(strict_types=1);

namespace Shop;

use PDO;
use Throwable;

/** The tables: each public method is one transaction. */
final class Store implements Catalogue
{
    private const UTC = <<<'SQL'
        to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
        SQL;

    private ?PDO $db = null;

    public function __construct(private readonly string $url)
    {
    }

    public function hasCustomer(int $id): bool
    {
        return $this->rows('select 1 from customers where id = ?', $id) !== [];
    }

    /** The id of the customer whose token it is, or null. */
    public function customerWithToken(string $token): ?int
    {
        $found = $this->row('select id from customers where token_hash = ?', hash('sha256', $token));
        return $found['id'] ?? null;
    }

    public function knownSkus(array $skus): array
    {
        $sql = 'select sku from products where sku = any(array(select json_array_elements_text(?::json)))';
        return array_column($this->rows($sql, self::json($skus)), 'sku');
    }

    public function product(string $sku): ?array
    {
        return $this->row('select id, sku, name, category, price, stock from products where sku = ?', $sku);
    }

    public function products(?string $category, int $after, int $limit): array
    {
        return $this->rows(<<<'SQL'
            select id, sku, name, category, price, stock from products
            where id > ? and (?::text is null or category = ?)
            order by id limit ?
            SQL, $after, $category, $category, $limit);
    }

    /** @param array{string, int}|null $before time and id of the order that the page comes after */
    public function ordersOf(int $customer, ?array $before, int $limit): array
    {
        $utc = self::UTC;
        $behind = $before === null ? '' : 'and (orders.created_at, id) < (?::timestamptz, ?::integer)';
        return $this->rows(<<<SQL
            select id, status, total, $utc from orders
            where customer_id = ? $behind
            order by orders.created_at desc, id desc limit ?
            SQL, $customer, ...[...$before ?? [], $limit]);
    }

    /** The order with its lines; null if there is none. */
    public function order(int $id): ?array
    {
        $utc = self::UTC;
        $order = $this->row(<<<SQL
            select id, customer_id, status, $utc, coupon, subtotal, discount, total from orders where id = ?
            SQL, $id);
        return $order === null ? null : [...$order, 'lines' => $this->rows(<<<'SQL'
            select p.sku, l.quantity, l.unit_price, l.discount_percent, l.total
            from order_lines l join products p on p.id = l.product_id
            where l.order_id = ? order by l.line_no
            SQL, $id)];
    }

    /** The invoice of an order; null if it is not the customer's. */
    public function invoice(int $id, int $customer): ?array
    {
        $invoice = $this->row(<<<'SQL'
            select o.id as order_id, c.name as customer, o.subtotal, o.discount, o.total
            from orders o join customers c on c.id = o.customer_id
            where o.id = ? and c.id = ?
            SQL, $id, $customer);
        return $invoice === null ? null : [...$invoice, 'lines' => $this->rows(<<<'SQL'
            select p.name as product, l.quantity, l.unit_price, l.total
            from order_lines l join products p on p.id = l.product_id
            where l.order_id = ? order by l.line_no
            SQL, $id)];
    }

    /**
     * Store a valid order.
     *
     * @return array{int, bool} its id, and whether it is new
     * @throws Refusal too little stock, or the key came with another order
     */
    public function place(Order $order, ?string $key): array
    {
        return $this->transaction(function () use ($order, $key): array {
            $earlier = $key === null ? null : $this->earlierOrder($key, $order);
            if ($earlier !== null) {
                return [$earlier, false];
            }
            $products = $this->take($order->lines);
            $price = static fn (array $line): array => [...$line, 'unit_price' => $products[$line['sku']]['price']];
            $priced = Pricing::quote(array_map($price, $order->lines), $order->coupon);
            return [$this->insert($order, $priced, $products, $key), true];
        });
    }

    /**
     * Cancel a placed order and restore its stock.
     *
     * @throws Refusal there is no such order, or it was shipped
     */
    public function cancel(int $id): void
    {
        $this->transaction(function () use ($id): void {
            $order = $this->row('select status from orders where id = ? for update', $id) ?? throw Refusal::notFound();
            if ($order['status'] === 'shipped') {
                throw new Refusal('not_cancellable', 'a shipped order can not be cancelled');
            }
            if ($order['status'] === 'placed') {
                $this->restore($id);
            }
        });
    }

    private function earlierOrder(string $key, Order $order): ?int
    {
        // Two requests with one key wait for each other here, until the first has committed.
        $this->rows('select pg_advisory_xact_lock(hashtextextended(?, 0))', $key);
        $sql = 'select id, request = ?::jsonb as same from orders where idempotency_key = ?';
        $earlier = $this->row($sql, self::json($order), $key);
        if ($earlier !== null && !$earlier['same']) {
            throw new Refusal('idempotency_conflict', 'this idempotency key came with another order');
        }
        return $earlier['id'] ?? null;
    }

    /**
     * Take the stock of all lines.
     *
     * @return array<string, array> the products by SKU
     */
    private function take(array $lines): array
    {
        $wanted = [];
        foreach ($lines as ['sku' => $sku, 'quantity' => $quantity]) {
            $wanted[$sku] = ($wanted[$sku] ?? 0) + $quantity;
        }
        // Locked in the order of their ids, so that two orders never wait for each other in a circle.
        $found = $this->rows(<<<'SQL'
            select id, sku, price, stock from products
            where sku = any(array(select json_array_elements_text(?::json))) order by id for update
            SQL, self::json(array_column($lines, 'sku')));
        $short = array_filter($found, static fn (array $product): bool => $product['stock'] < $wanted[$product['sku']]);
        if ($short !== []) {
            throw new Refusal('insufficient_stock', 'not enough stock of ' . implode(', ', array_column($short, 'sku')));
        }
        foreach ($found as $product) {
            $this->rows('update products set stock = stock - ? where id = ?', $wanted[$product['sku']], $product['id']);
        }
        return array_column($found, null, 'sku');
    }

    private function insert(Order $order, array $priced, array $products, ?string $key): int
    {
        $request = $key === null ? null : self::json($order);
        ['coupon' => $coupon, 'subtotal' => $subtotal, 'discount' => $discount, 'total' => $total] = $priced;
        $sql = <<<'SQL'
            insert into orders (customer_id, coupon, subtotal, discount, total, idempotency_key, request)
            values (?, ?, ?, ?, ?, ?, ?) returning id
            SQL;
        $id = $this->row($sql, $order->customer_id, $coupon, $subtotal, $discount, $total, $key, $request)['id'];
        $insert = $this->db()->prepare(<<<'SQL'
            insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
            values (?, ?, ?, ?, ?, ?, ?)
            SQL);
        foreach ($priced['lines'] as $index => $line) {
            $insert->execute([
                $id, $index + 1, $products[$line['sku']]['id'],
                $line['quantity'], $line['unit_price'], $line['discount_percent'], $line['total'],
            ]);
        }
        return $id;
    }

    private function restore(int $id): void
    {
        $this->rows("update orders set status = 'cancelled' where id = ?", $id);
        $taken = $this->rows(<<<'SQL'
            select product_id, sum(quantity)::integer as quantity from order_lines
            where order_id = ? group by product_id order by product_id
            SQL, $id);
        foreach ($taken as $product) {
            $this->rows('update products set stock = stock + ? where id = ?', $product['quantity'], $product['product_id']);
        }
    }

    private function transaction(callable $work): mixed
    {
        $this->db()->beginTransaction();
        try {
            $result = $work();
            $this->db()->commit();
            return $result;
        } catch (Throwable $error) {
            $this->db()->rollBack();
            throw $error;
        }
    }

    private function row(string $sql, mixed ...$values): ?array
    {
        return $this->rows($sql, ...$values)[0] ?? null;
    }

    private function rows(string $sql, mixed ...$values): array
    {
        $statement = $this->db()->prepare($sql);
        $statement->execute($values);
        return $statement->fetchAll(PDO::FETCH_ASSOC);
    }

    /** The connection, which the process keeps for the requests that follow. */
    private function db(): PDO
    {
        if ($this->db === null) {
            $url = array_map(static fn (string|int $part): string => rawurldecode((string) $part), parse_url($this->url));
            $dsn = sprintf('pgsql:host=%s;port=%s;dbname=%s', $url['host'], $url['port'] ?? '5432', ltrim($url['path'], '/'));
            $this->db = new PDO($dsn, $url['user'] ?? null, $url['pass'] ?? null, [PDO::ATTR_PERSISTENT => true]);
        }
        return $this->db;
    }

    private static function json(mixed $value): string
    {
        return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
    }
}
