# GK-CANARY-94e7d03fb1586ac2
from __future__ import annotations

import copy
from decimal import Decimal

import pytest
from pricing import quote


def line(price: str, quantity: object, sku: str = "X") -> dict[str, object]:
    return {"sku": sku, "unit_price": Decimal(price), "quantity": quantity}


def discount(subtotal: str, coupon: str | None) -> Decimal:
    answer = quote([line(subtotal, 1)], coupon)
    assert answer["subtotal"] == Decimal(subtotal)
    assert answer["total"] == answer["subtotal"] - answer["discount"]
    return answer["discount"]


def test_quantity_below_ten_has_no_discount() -> None:
    answer = quote([line("4.50", 2, "NOTE-A5")])
    assert answer["lines"] == [
        {
            "sku": "NOTE-A5",
            "quantity": 2,
            "unit_price": Decimal("4.50"),
            "discount_percent": 0,
            "total": Decimal("9.00"),
        }
    ]
    assert answer["subtotal"] == Decimal("9.00")
    assert answer["discount"] == Decimal("0.00")
    assert answer["total"] == Decimal("9.00")
    assert answer["coupon"] is None


@pytest.mark.parametrize(
    ("quantity", "percent", "total"),
    [(1, 0, "2.00"), (9, 0, "18.00"), (10, 5, "19.00"), (49, 5, "93.10"), (50, 10, "90.00"), (1000, 10, "1800.00")],
)
def test_quantity_discount(quantity: int, percent: int, total: str) -> None:
    (priced,) = quote([line("2.00", quantity)])["lines"]
    assert priced["discount_percent"] == percent
    assert priced["total"] == Decimal(total)


@pytest.mark.parametrize(
    ("price", "quantity", "total"),
    [("0.03", 10, "0.29"), ("0.07", 10, "0.67"), ("0.11", 10, "1.05"), ("0.01", 50, "0.45"), ("0.33", 15, "4.70")],
)
def test_money_half_a_cent_is_rounded_up(price: str, quantity: int, total: str) -> None:
    (priced,) = quote([line(price, quantity)])["lines"]
    assert priced["total"] == Decimal(total)


def test_money_of_each_line_is_rounded_before_the_sum() -> None:
    answer = quote([line("0.03", 10), line("0.03", 10), line("0.03", 10)])
    assert answer["subtotal"] == Decimal("0.87")


def test_quantity_counts_per_line_in_order() -> None:
    answer = quote([line("1.00", 6, "B"), line("1.00", 10, "A"), line("1.00", 6, "B")])
    assert [(priced["sku"], priced["discount_percent"]) for priced in answer["lines"]] == [("B", 0), ("A", 5), ("B", 0)]
    assert answer["subtotal"] == Decimal("21.50")


def test_money_is_exact_decimal() -> None:
    answer = quote([line("0.10", 1), line("0.20", 1)], "FIVER")
    amounts = [answer["subtotal"], answer["discount"], answer["total"], answer["lines"][0]["total"]]
    assert [type(amount) for amount in amounts] == [Decimal] * 4
    assert answer["total"] == Decimal("0.30")


def test_money_loses_no_cent_of_large_amounts() -> None:
    answer = quote([line("9999999999.99", 9)])
    assert answer["total"] == Decimal("89999999999.91")


@pytest.mark.parametrize(
    ("subtotal", "expected"),
    [("100.00", "10.00"), ("20.05", "2.01"), ("20.04", "2.00"), ("500.00", "50.00"), ("500.10", "50.00")],
)
def test_coupon_welcome10(subtotal: str, expected: str) -> None:
    assert discount(subtotal, "WELCOME10") == Decimal(expected)


@pytest.mark.parametrize(("subtotal", "expected"), [("19.99", "0.00"), ("20.00", "5.00"), ("20.01", "5.00")])
def test_coupon_fiver(subtotal: str, expected: str) -> None:
    assert discount(subtotal, "FIVER") == Decimal(expected)


@pytest.mark.parametrize(("subtotal", "expected"), [("24.99", "24.99"), ("25.00", "25.00"), ("80.00", "25.00")])
def test_coupon_gift25(subtotal: str, expected: str) -> None:
    assert discount(subtotal, "GIFT25") == Decimal(expected)


def test_coupon_counts_on_the_discounted_subtotal() -> None:
    answer = quote([line("2.10", 10)], "FIVER")
    assert (answer["subtotal"], answer["discount"]) == (Decimal("19.95"), Decimal("0.00"))


@pytest.mark.parametrize("coupon", ["fiver", "Fiver", "FIVER"])
def test_coupon_in_any_case(coupon: str) -> None:
    answer = quote([line("30.00", 1)], coupon)
    assert (answer["coupon"], answer["total"]) == ("FIVER", Decimal("25.00"))


def test_money_may_be_zero() -> None:
    assert quote([line("0.00", 3)])["total"] == Decimal("0.00")


@pytest.mark.parametrize("quantity", [0, -1, True, 1.5, 2.0, "2", None])
def test_refused_quantity(quantity: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the brief fixes the type, not the text
        quote([line("1.00", quantity)])


def test_refused_without_lines() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the brief fixes the type, not the text
        quote([])


def test_refused_negative_price() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the brief fixes the type, not the text
        quote([line("-0.01", 1)])


def test_refused_unknown_coupon() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the brief fixes the type, not the text
        quote([line("1.00", 1)], "FIVER2")


@pytest.mark.parametrize("price", [1.2, 1, "1.20"])
def test_refused_price_that_is_no_decimal(price: object) -> None:
    with pytest.raises(TypeError):
        quote([{"sku": "X", "unit_price": price, "quantity": 1}])


def test_quantity_lines_are_left_alone() -> None:
    lines = [line("0.03", 10), line("1.00", 1)]
    before = copy.deepcopy(lines)
    quote(lines, "welcome10")
    assert lines == before
