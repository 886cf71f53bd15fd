"""Prices of orders: quantity discounts per line, one coupon per order. Money is text outside, Decimal inside."""

from __future__ import annotations

import json
import re
import sys
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
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
    """Price the lines of an order and apply a coupon; ValueError for what cannot be priced."""
    if not isinstance(lines, list) or not lines:
        raise ValueError("an order needs at least one line")
    code = coupon_code(coupon)
    totals = [_total(line) for line in lines]
    subtotal = sum(totals, ZERO)
    discount = COUPONS[code](subtotal) if code else ZERO
    return {
        "lines": [
            {
                "sku": line["sku"],
                "quantity": line["quantity"],
                "unit_price": f"{Decimal(line['unit_price']):.2f}",
                "discount_percent": _percent(line["quantity"]),
                "total": f"{total:.2f}",
            }
            for line, total in zip(lines, totals, strict=True)
        ],
        "coupon": code,
        "subtotal": f"{subtotal:.2f}",
        "discount": f"{discount:.2f}",
        "total": f"{subtotal - discount:.2f}",
    }


def _percent(quantity: int) -> int:
    return next(percent for minimum, percent in QUANTITY_DISCOUNTS if quantity >= minimum)


def _total(line: dict) -> Decimal:
    quantity, unit_price = line["quantity"], line["unit_price"]
    if type(quantity) is not int or quantity < 1:
        raise ValueError(f"quantity must be a whole number from 1, not {quantity!r}")
    if not isinstance(unit_price, str) or not MONEY.fullmatch(unit_price):
        raise ValueError(f"unit_price must be a text such as 4.50, not {unit_price!r}")
    return to_cents(Decimal(unit_price) * quantity * (100 - _percent(quantity)) / 100)


def main() -> int:
    """Read an order as JSON from stdin, print its quote as JSON."""
    try:
        order = json.load(sys.stdin)
        answer = quote(order["lines"], order.get("coupon"))
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        print(f"pricing: not a valid order: {problem!r}", file=sys.stderr)
        return 2
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
