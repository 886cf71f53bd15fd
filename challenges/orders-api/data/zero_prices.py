"""Appended to shop/pricing.py, so that every price it quotes is 0.00: tests of prices have to notice."""

from collections.abc import Callable


def _without_prices(priced: Callable[..., dict]) -> Callable[..., dict]:
    def quote(lines: list[dict], coupon: str | None = None) -> dict:
        answer, zero = dict(priced(lines, coupon)), "0.00"
        answer["lines"] = [{**line, "total": zero} for line in answer["lines"]]
        return {**answer, "subtotal": zero, "discount": zero, "total": zero}

    return quote


globals()["quote"] = _without_prices(globals()["quote"])
