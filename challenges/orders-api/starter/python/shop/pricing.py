"""Prices of orders (section 3 of the brief)."""

from __future__ import annotations


def quote(lines: list[dict], coupon: str | None = None) -> dict:
    """Price the lines of an order and apply a coupon."""
    raise NotImplementedError


if __name__ == "__main__":
    raise SystemExit("read an order from stdin and print its quote (section 3 of the brief)")
