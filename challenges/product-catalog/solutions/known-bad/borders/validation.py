"""Reads requests; whatever is not as it should be is an Invalid with a message for the caller."""

from __future__ import annotations

import re

_SKU = re.compile(r"[A-Z0-9-]{1,40}")
_MOST = 100_000_000
CHANGEABLE = ("name", "category", "price_cents", "tags")


class Invalid(Exception):
    """What is wrong, and the status that says so."""

    def __init__(self, message: str, status: int = 422) -> None:
        self.status = status
        super().__init__(message)


def new_product(body: object) -> dict:
    """The product in a body."""
    fields = _object(body)
    _refuse_others(fields, ("sku", *CHANGEABLE, "stock"))
    return {
        "sku": sku(fields.get("sku")),
        "name": _text(fields, "name"),
        "category": _text(fields, "category"),
        "price_cents": _number(fields, "price_cents"),
        "tags": _tags(fields.get("tags", [])),
        "stock": _number(fields, "stock") if "stock" in fields else 0,
    }


def changes(body: object) -> dict:
    """What is to be changed."""
    fields = _object(body)
    _refuse_others(fields, CHANGEABLE)
    read = {"name": _text, "category": _text, "price_cents": _number, "tags": lambda of, name: _tags(of[name])}
    return {name: read[name](fields, name) for name in fields}


def stock_change(body: object) -> int:
    """By how much the stock changes."""
    change = _object(body).get("change")
    if not isinstance(change, int) or isinstance(change, bool) or change == 0 or abs(change) > _MOST:
        raise Invalid(f"change: an integer from {-_MOST} to {_MOST} that is not 0 is needed")
    return change


def search(args: dict) -> dict:
    """Filter, limit and place of a page."""
    _refuse_others(args, ("category", "tag", "min_price", "max_price", "limit", "after"))
    wanted: dict = {}
    if "category" in args:
        wanted["category"] = args["category"]
    if "tag" in args:
        wanted["tags"] = args["tag"]
    prices = {
        operator: _digits(args, name, 0, _MOST)
        for name, operator in (("min_price", "$gt"), ("max_price", "$lt"))
        if name in args
    }
    if prices:
        wanted["price_cents"] = prices
    if "after" in args:
        wanted["sku"] = {"$gt": sku(args["after"])}
    return {"wanted": wanted, "limit": _digits(args, "limit", 1, 100) if "limit" in args else 20}


def sku(value: object) -> str:
    """The name of a product."""
    if not isinstance(value, str) or _SKU.fullmatch(value) is None:
        raise Invalid("sku: 1 to 40 capital letters, digits and hyphens are needed")
    return value


def _object(body: object) -> dict:
    if not isinstance(body, dict):
        raise Invalid("the body is not a JSON object", 400)
    return body


def _refuse_others(fields: dict, known: tuple[str, ...]) -> None:
    other = sorted(set(fields) - set(known))
    if other:
        raise Invalid(f"{other[0]}: there is no such field; there are {', '.join(known)}")


def _text(fields: dict, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 1 <= len(value) < 100:
        raise Invalid(f"{name}: 1 to 100 characters are needed")
    return value


def _tags(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > 20:
        raise Invalid("tags: a list of up to 20 is needed")
    if not all(isinstance(tag, str) and 1 <= len(tag) <= 40 for tag in value):
        raise Invalid("tags: each needs 1 to 40 characters")
    return value


def _number(fields: dict, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise Invalid(f"{name}: an integer from 0 to {_MOST} is needed")
    return value


def _digits(args: dict, name: str, least: int, most: int) -> int:
    text = args[name]
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise Invalid(f"{name}: an integer from {least} to {most} is needed")
    return int(text)
