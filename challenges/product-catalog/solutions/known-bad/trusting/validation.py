"""Reads requests."""

from __future__ import annotations


class Invalid(Exception):
    """What is wrong, and the status that says so."""

    def __init__(self, message: str, status: int = 422) -> None:
        self.status = status
        super().__init__(message)


def new_product(body: dict) -> dict:
    """The product in a body."""
    return {"sku": None, "name": None, "category": None, "price_cents": None, "tags": [], "stock": 0, **body}


def changes(body: dict) -> dict:
    """What is to be changed."""
    return body


def stock_change(body: dict) -> int:
    """By how much the stock changes."""
    return body["change"]


def search(args: dict) -> dict:
    """Filter, limit and place of a page."""
    wanted: dict = {}
    if "category" in args:
        wanted["category"] = args["category"]
    if "tag" in args:
        wanted["tags"] = args["tag"]
    prices = {}
    if "min_price" in args:
        prices["$gte"] = float(args["min_price"])
    if "max_price" in args:
        prices["$lte"] = float(args["max_price"])
    if prices:
        wanted["price_cents"] = prices
    if "after" in args:
        wanted["sku"] = {"$gt": args["after"]}
    return {"wanted": wanted, "limit": int(args.get("limit", 20))}
