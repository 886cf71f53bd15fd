"""Appended to shop/pricing.py with a name for @VARIANT@: what quote() gives is then right, or wrong in one way."""

from collections.abc import Callable


def _changed(priced: Callable[..., dict], variant: str) -> Callable[..., dict]:
    def quote(lines: list[dict], coupon: str | None = None) -> dict:
        answer, zero = dict(priced(lines, coupon)), "0.00"
        if variant == "zero-prices":
            answer["lines"] = [{**line, "total": zero} for line in answer["lines"]]
            answer |= {"subtotal": zero, "discount": zero, "total": zero}
        if variant == "no-coupons":
            answer |= {"discount": zero, "total": answer["subtotal"]}
        if variant == "no-percents":
            answer["lines"] = [{**line, "discount_percent": 0} for line in answer["lines"]]
        return answer

    return quote


globals()["quote"] = _changed(globals()["quote"], "@VARIANT@")
