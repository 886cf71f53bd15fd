<?php

declare(strict_types=1);

namespace Shop;

use Throwable;

/** The HTTP API: requests in, answers out; rules live in pricing, validation and store. */
final class Api
{
    private const ROUTES = [
        ['GET', '#^/health$#D', 'health'],
        ['GET', '#^/products$#D', 'products'],
        ['GET', '#^/products/(.+)$#D', 'product'],
        ['POST', '#^/orders$#D', 'place'],
        ['GET', '#^/orders/([^/]+)$#D', 'order'],
        ['GET', '#^/orders/([^/]+)/invoice$#D', 'invoice'],
        ['POST', '#^/orders/([^/]+)/cancel$#D', 'cancel'],
        ['GET', '#^/customers/([^/]+)/orders$#D', 'orders'],
    ];
    private const STATUSES = [
        'malformed_json' => 400,
        'unauthorized' => 401,
        'not_found' => 404,
        'method_not_allowed' => 405,
        'insufficient_stock' => 409,
        'idempotency_conflict' => 409,
        'not_cancellable' => 409,
        'too_large' => 413,
        'validation_failed' => 422,
    ];

    public function __construct(private readonly Store $store)
    {
    }

    public function answer(Request $request): Answer
    {
        try {
            return $this->route($request);
        } catch (Refusal $refusal) {
            $status = self::STATUSES[$refusal->word];
            $error = ['code' => $refusal->word, 'message' => $refusal->getMessage(), 'details' => $refusal->details];
        } catch (Throwable $fault) {
            error_log((string) $fault);
            $status = 500;
            $error = ['code' => 'internal_error', 'message' => 'this is our fault; please try again', 'details' => []];
        }
        return new Answer($status, ['error' => $error]);
    }

    private function route(Request $request): Answer
    {
        $refusal = Refusal::notFound();
        foreach (self::ROUTES as [$method, $pattern, $action]) {
            if (preg_match($pattern, $request->path, $found)) {
                if ($method === $request->method) {
                    return $this->$action($request, rawurldecode($found[1] ?? ''));
                }
                $refusal = new Refusal('method_not_allowed', 'that cannot be done here');
            }
        }
        throw $refusal;
    }

    private function health(): Answer
    {
        return new Answer(200, ['status' => 'ok']);
    }

    private function products(Request $request): Answer
    {
        $limit = Validation::limit($request->query['limit'] ?? null);
        [$after] = Validation::decodeCursor($request->query['cursor'] ?? null) ?? [0];
        $category = $request->query['category'] ?? null;
        $readable = $category === null || Validation::isText($category);
        return self::page($readable ? $this->store->products($category, $after, $limit + 1) : [], $limit, 'id');
    }

    private function product(Request $request, string $sku): Answer
    {
        $product = Validation::isText($sku) ? $this->store->product($sku) : null;
        return new Answer(200, $product ?? throw Refusal::notFound());
    }

    private function place(Request $request): Answer
    {
        if (strlen($request->body) > Request::MAX_BODY) {
            throw new Refusal('too_large', 'a body has at most ' . Request::MAX_BODY . ' bytes');
        }
        $order = Validation::order(Validation::object($request->body), $this->store);
        [$id, $new] = $this->store->place($order, Validation::idempotencyKey($request->idempotencyKey));
        return new Answer($new ? 201 : 200, $this->store->order($id), "/orders/$id");
    }

    private function order(Request $request, string $id): Answer
    {
        return new Answer(200, $this->store->order(self::id($id)) ?? throw Refusal::notFound());
    }

    private function invoice(Request $request, string $id): Answer
    {
        $customer = $this->customer($request);
        return new Answer(200, $this->store->invoice(self::id($id), $customer) ?? throw Refusal::notFound());
    }

    /** The customer whose token the request carries. */
    private function customer(Request $request): int
    {
        $token = preg_match('/^bearer +(\S+) *$/iD', $request->authorization, $found) ? $found[1] : '';
        return $this->store->customerWithToken($token)
            ?? throw new Refusal('unauthorized', 'send the token of a customer');
    }

    private function cancel(Request $request, string $id): Answer
    {
        $this->store->cancel(self::id($id));
        return $this->order($request, $id);
    }

    private function orders(Request $request, string $id): Answer
    {
        $limit = Validation::limit($request->query['limit'] ?? null);
        $before = Validation::decodeCursor($request->query['cursor'] ?? null, withTime: true);
        $customer = self::id($id);
        if (!$this->store->hasCustomer($customer)) {
            throw Refusal::notFound();
        }
        return self::page($this->store->ordersOf($customer, $before, $limit + 1), $limit, 'created_at', 'id');
    }

    private static function id(string $text): int
    {
        return Validation::pathId($text) ?? throw Refusal::notFound();
    }

    /** A page of `$limit` of rows that were read with one more, to know if there is a next. */
    private static function page(array $rows, int $limit, string ...$key): Answer
    {
        $items = array_slice($rows, 0, $limit);
        $last = static fn (string $column): string|int => $items[$limit - 1][$column];
        $cursor = count($rows) > $limit ? Validation::encodeCursor(...array_map($last, $key)) : null;
        return new Answer(200, ['items' => $items, 'next_cursor' => $cursor]);
    }
}
