"""Prices of orders: quantity discounts per line, one coupon per order, all in Decimal."""

from __future__ import annotations

import json
import sys
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
QUANTITY_DISCOUNTS = ((50, 10), (10, 5), (1, 0))  # from this quantity: percent
COUPONS = {
    "WELCOME10": lambda subtotal: min(to_cents(subtotal / 10), Decimal("50.00")),
    "FIVER": lambda subtotal: Decimal("5.00") if subtotal >= 20 else ZERO,
    "GIFT25": lambda subtotal: min(Decimal("25.00"), subtotal),
}


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def coupon_code(coupon: str | None) -> str | None:
    """The code in capitals; ValueError if there is no such coupon."""
    if coupon is None:
        return None
    code = coupon.upper() if isinstance(coupon, str) else ""
    if code not in COUPONS:
        raise ValueError(f"unknown coupon {coupon!r}")
    return code


def quote(lines: list[dict], coupon: str | None = None) -> dict:
    """Price the lines of an order and apply a coupon."""
    if not lines:
        raise ValueError("an order needs at least one line")
    code = coupon_code(coupon)
    priced = [_price(line) for line in lines]
    subtotal = sum((line["total"] for line in priced), ZERO)
    discount = COUPONS[code](subtotal) if code else ZERO
    return {
        "lines": priced,
        "coupon": code,
        "subtotal": subtotal,
        "discount": discount,
        "total": subtotal - discount,
    }


def _price(line: dict) -> dict:
    quantity, unit_price = line["quantity"], line["unit_price"]
    if type(quantity) is not int or quantity < 1:
        raise ValueError(f"quantity must be a whole number from 1, not {quantity!r}")
    if not isinstance(unit_price, Decimal):
        raise TypeError(f"unit_price must be a Decimal, not {type(unit_price).__name__}")
    if unit_price < 0:
        raise ValueError("unit_price must not be negative")
    percent = next(percent for minimum, percent in QUANTITY_DISCOUNTS if quantity >= minimum)
    return {
        "sku": line["sku"],
        "quantity": quantity,
        "unit_price": unit_price,
        "discount_percent": percent,
        "total": to_cents(unit_price * quantity * (100 - percent) / 100),
    }


def main() -> int:
    """Read an order as JSON from stdin, print its quote as JSON."""
    try:
        order = json.load(sys.stdin)
        lines = [{**line, "unit_price": Decimal(line["unit_price"])} for line in order["lines"]]
        answer = quote(lines, order.get("coupon"))
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation) as problem:
        print(f"pricing: not a valid order: {problem!r}", file=sys.stderr)
        return 2
    print(json.dumps(answer, default=lambda amount: f"{amount:.2f}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
