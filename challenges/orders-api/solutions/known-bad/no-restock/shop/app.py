"""The HTTP API: requests in, JSON out; rules live in pricing, validation and store."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from werkzeug.exceptions import HTTPException, NotFound, Unauthorized

from shop import store
from shop.validation import MAX_ID, Problems, check_order, decode_cursor, encode_cursor, is_text, page_limit


class Json(DefaultJSONProvider):
    """Money as strings with two decimals, times in UTC."""

    sort_keys = False

    @staticmethod
    def default(value):
        if isinstance(value, Decimal):
            return f"{value:.2f}"
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return DefaultJSONProvider.default(value)


app = Flask(__name__)
app.json = Json(app)
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=8, kwargs={"row_factory": dict_row}, open=True)


def error(status: int, code: str, message: str, details: list | None = None) -> tuple[Response, int]:
    return jsonify(error={"code": code, "message": message, "details": details or []}), status


@app.errorhandler(HTTPException)
def http_error(problem: HTTPException):
    return error(problem.code or 500, problem.name.lower().replace(" ", "_"), problem.description or problem.name)


@app.errorhandler(RecursionError)
def too_deep(_problem):
    return error(400, "malformed_json", "the body is nested too deeply")


@app.errorhandler(Problems)
def invalid(problem: Problems):
    details = [{"field": field, "message": message} for field, message in problem.problems]
    return error(422, "validation_failed", "some values are not valid", details)


@app.errorhandler(store.OutOfStock)
def out_of_stock(problem: store.OutOfStock):
    return error(409, "insufficient_stock", f"not enough stock of {', '.join(problem.skus)}")


@app.errorhandler(store.KeyReused)
def key_reused(_problem):
    return error(409, "idempotency_conflict", "this idempotency key came with another order")


@app.errorhandler(store.NotCancellable)
def not_cancellable(_problem):
    return error(409, "not_cancellable", "a shipped order can not be cancelled")


def path_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_ID):
        raise NotFound
    return int(text)


def found(thing):
    if thing is None:
        raise NotFound
    return thing


def page(rows: list[dict], limit: int, *key: str):
    """Answer a page of ``limit`` of rows that were read with one more, to know if there is a next."""
    items, more = rows[:limit], len(rows) > limit
    cursor = encode_cursor(*(items[-1][name] for name in key)) if more else None
    return jsonify(items=items, next_cursor=cursor)


@app.get("/health")
def health():
    return jsonify(healthy=True)


@app.get("/products")
def list_products():
    limit = page_limit(request.args.get("limit", "20"))
    cursor = request.args.get("cursor")
    after = decode_cursor(cursor, (int,))[0] if cursor is not None else 0
    category = request.args.get("category")
    if not -1 < after <= MAX_ID:
        raise Problems(("cursor", "is not a cursor of ours"))
    if category is not None and not is_text(category):
        return page([], limit)
    with pool.connection() as db:
        return page(store.products(db, category, after, limit + 1), limit, "id")


@app.get("/products/<path:sku>")
def get_product(sku: str):
    if not is_text(sku):
        raise NotFound
    with pool.connection() as db:
        return jsonify(found(store.product(db, sku)))


@app.post("/orders")
def create_order():
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        return error(400, "malformed_json", "the body must be a JSON object")
    with pool.connection() as db:
        check_order(body, lambda id_: store.customer_exists(db, id_), lambda skus: store.known_skus(db, skus))
        order_id, new = store.place(db, body, request.headers.get("Idempotency-Key"))
        answer = jsonify(store.order(db, order_id))
    answer.status_code = 201 if new else 200
    answer.headers["Location"] = f"/orders/{order_id}"
    return answer


@app.get("/orders/<order_id>")
def get_order(order_id: str):
    with pool.connection() as db:
        return jsonify(found(store.order(db, path_id(order_id))))


@app.get("/orders/<order_id>/invoice")
def get_invoice(order_id: str):
    login = request.authorization
    token = login.token if login and login.type == "bearer" else None
    with pool.connection() as db:
        customer_id = store.customer_with_token(db, token) if token else None
        if customer_id is None:
            raise Unauthorized
        return jsonify(found(store.invoice(db, path_id(order_id), customer_id)))


@app.post("/orders/<order_id>/cancel")
def cancel_order(order_id: str):
    number = path_id(order_id)
    with pool.connection() as db:
        if not store.cancel(db, number):
            raise NotFound
        return jsonify(store.order(db, number))


@app.get("/customers/<customer_id>/orders")
def list_orders(customer_id: str):
    limit = page_limit(request.args.get("limit", "20"))
    cursor = request.args.get("cursor")
    before = decode_cursor(cursor, (datetime.fromisoformat, int)) if cursor is not None else None
    number = path_id(customer_id)
    if before and not 0 <= before[1] <= MAX_ID:
        raise Problems(("cursor", "is not a cursor of ours"))
    with pool.connection() as db:
        if not store.customer_exists(db, number):
            raise NotFound
        return page(store.orders_of(db, number, before, limit + 1), limit, "created_at", "id")
