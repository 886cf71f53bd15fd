"""The tables: each function is one transaction or runs inside one."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime

from psycopg import Connection
from psycopg.types.json import Jsonb

from shop.pricing import quote


class OutOfStock(Exception):
    """``skus``: those with too little stock."""

    def __init__(self, skus: list[str]) -> None:
        self.skus = skus
        super().__init__(skus)


class KeyReused(Exception):
    """The idempotency key belongs to another order."""


class NotCancellable(Exception):
    """The order has left the house."""


def customer_exists(db: Connection, customer_id: int) -> bool:
    return db.execute("select 1 from customers where id = %s", [customer_id]).fetchone() is not None


def customer_with_token(db: Connection, token: str) -> int | None:
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = db.execute("select id from customers where token_hash = %s", [digest]).fetchone()
    return found["id"] if found else None


def known_skus(db: Connection, skus: list[str]) -> set[str]:
    return {row["sku"] for row in db.execute("select sku from products where sku = any(%s)", [skus])}


def product(db: Connection, sku: str) -> dict | None:
    return db.execute("select id, sku, name, category, price, stock from products where sku = %s", [sku]).fetchone()


def products(db: Connection, category: str | None, after: int, limit: int) -> list[dict]:
    return db.execute(
        """
        select id, sku, name, category, price, stock from products
        where id > %(after)s and (%(category)s::text is null or category = %(category)s)
        order by id limit %(limit)s
        """,
        {"after": after, "category": category, "limit": limit},
    ).fetchall()


def orders_of(db: Connection, customer_id: int, before: tuple[datetime, int] | None, limit: int) -> list[dict]:
    created_at, order_id = before or (None, None)
    return db.execute(
        """
        select id, status, total, created_at from orders
        where customer_id = %(customer)s
          and (%(id)s::integer is null or (created_at, id) < (%(created_at)s::timestamptz, %(id)s))
        order by created_at desc, id desc limit %(limit)s
        """,
        {"customer": customer_id, "created_at": created_at, "id": order_id, "limit": limit},
    ).fetchall()


def order(db: Connection, order_id: int) -> dict | None:
    found = db.execute(
        """
        select id, customer_id, status, created_at, coupon, subtotal, discount, total
        from orders where id = %s
        """,
        [order_id],
    ).fetchone()
    if found:
        found["lines"] = db.execute(
            """
            select p.sku, l.quantity, l.unit_price, l.discount_percent, l.total
            from order_lines l join products p on p.id = l.product_id
            where l.order_id = %s order by l.line_no
            """,
            [order_id],
        ).fetchall()
    return found


def invoice(db: Connection, order_id: int, _customer_id: int) -> dict | None:
    """The invoice of an order."""
    found = db.execute(
        """
        select o.id as order_id, c.name as customer, o.subtotal, o.discount, o.total
        from orders o join customers c on c.id = o.customer_id
        where o.id = %s
        """,
        [order_id],
    ).fetchone()
    if found:
        found["lines"] = db.execute(
            """
            select p.name as product, l.quantity, l.unit_price, l.total
            from order_lines l join products p on p.id = l.product_id
            where l.order_id = %s order by l.line_no
            """,
            [order_id],
        ).fetchall()
    return found


def place(db: Connection, body: dict, key: str | None) -> tuple[int, bool]:
    """Store a valid order; its id, and whether it is new.

    Raises:
        KeyReused: the key came with another order before.
        OutOfStock: nothing was changed.
    """
    lines = [{"sku": line["sku"], "quantity": line["quantity"]} for line in body["lines"]]
    request = {"customer_id": body["customer_id"], "lines": lines, "coupon": body.get("coupon")}
    if key is not None:
        # Two requests with one key wait for each other here, until the first has committed.
        db.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        earlier = db.execute(
            "select id, request = %s as same from orders where idempotency_key = %s", [Jsonb(request), key]
        ).fetchone()
        if earlier:
            if not earlier["same"]:
                raise KeyReused
            return earlier["id"], False

    wanted = Counter()
    for line in lines:
        wanted[line["sku"]] += line["quantity"]
    # Locked in the order of their ids, so that two orders never wait for each other in a circle.
    found = db.execute(
        "select id, sku, price, stock from products where sku = any(%s) order by id for update", [list(wanted)]
    ).fetchall()
    short = sorted(row["sku"] for row in found if row["stock"] < wanted[row["sku"]])
    if short:
        raise OutOfStock(short)
    for row in found:
        db.execute("update products set stock = stock - %s where id = %s", [wanted[row["sku"]], row["id"]])

    by_sku = {row["sku"]: row for row in found}
    priced = quote([{**line, "unit_price": f"{by_sku[line['sku']]['price']:.2f}"} for line in lines], body.get("coupon"))
    order_id = db.execute(
        """
        insert into orders (customer_id, coupon, subtotal, discount, total, idempotency_key, request)
        values (%s, %s, %s, %s, %s, %s, %s) returning id
        """,
        [
            body["customer_id"],
            priced["coupon"],
            priced["subtotal"],
            priced["discount"],
            priced["total"],
            key,
            Jsonb(request) if key is not None else None,
        ],
    ).fetchone()["id"]
    for number, line in enumerate(priced["lines"], 1):
        db.execute(
            """
            insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
            values (%s, %s, %s, %s, %s, %s, %s)
            """,
            [
                order_id,
                number,
                by_sku[line["sku"]]["id"],
                line["quantity"],
                line["unit_price"],
                line["discount_percent"],
                line["total"],
            ],
        )
    return order_id, True


def cancel(db: Connection, order_id: int) -> bool:
    """Cancel a placed order and restore its stock; False if there is no such order.

    Raises:
        NotCancellable: it is shipped.
    """
    found = db.execute("select status from orders where id = %s for update", [order_id]).fetchone()
    if found is None:
        return False
    if found["status"] == "shipped":
        raise NotCancellable
    if found["status"] == "placed":
        db.execute("update orders set status = 'cancelled' where id = %s", [order_id])
        quantities = db.execute(
            """
            select product_id, sum(quantity) as quantity from order_lines
            where order_id = %s group by product_id order by product_id
            """,
            [order_id],
        ).fetchall()
        for row in quantities:
            db.execute("update products set stock = stock + %(quantity)s where id = %(product_id)s", row)
    return True
