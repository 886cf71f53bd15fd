"""What a request may contain, before any table is changed."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from shop.pricing import coupon_code

MAX_ID = 2**31 - 1
MAX_LINES = 50
MAX_QUANTITY = 1000
MAX_LIMIT = 100


class Problems(Exception):
    """Every invalid field of a request, as (field, message)."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        self.problems = problems
        super().__init__(problems)


def is_integer(value: Any, minimum: int, maximum: int) -> bool:
    return type(value) is int and minimum <= value <= maximum


def is_text(value: Any) -> bool:
    """Whether PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def check_order(body: dict, customer_exists, known_skus) -> None:
    """Raise Problems unless the order is valid.

    ``customer_exists`` and ``known_skus`` look things up: an id, a list of SKUs.
    """
    problems = []
    customer_id = body.get("customer_id")
    if not (is_integer(customer_id, 1, MAX_ID) and customer_exists(customer_id)):
        problems.append(("customer_id", "must be the id of an existing customer"))
    lines = body.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_LINES:
        problems.append(("lines", f"must be a list of 1 to {MAX_LINES} lines"))
    else:
        lines = [line if isinstance(line, dict) else {} for line in lines]
        known = known_skus([line.get("sku") for line in lines if is_text(line.get("sku"))])
        for index, line in enumerate(lines):
            if not is_text(line.get("sku")) or line["sku"] not in known:
                problems.append((f"lines[{index}].sku", "must be the SKU of an existing product"))
            if not is_integer(line.get("quantity"), 1, MAX_QUANTITY):
                problems.append((f"lines[{index}].quantity", f"must be a whole number from 1 to {MAX_QUANTITY}"))
    try:
        coupon_code(body.get("coupon"))
    except ValueError:
        problems.append(("coupon", "is not known"))
    if problems:
        raise Problems(*problems)


def page_limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise Problems(("limit", f"must be a whole number from 1 to {MAX_LIMIT}"))
    return int(text)


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode()


def decode_cursor(text: str, types: tuple[type, ...]) -> list:
    """The key that ``encode_cursor`` was given; ``types`` parse its parts."""
    try:
        key = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
        if not isinstance(key, list) or len(key) != len(types):
            raise ValueError(text)
        return [parse(part) for parse, part in zip(types, key, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Problems(("cursor", "is not a cursor of ours")) from None
