import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from shop.pricing import quote


def line(price, quantity):
    return {"sku": "X", "unit_price": price, "quantity": quantity}


@pytest.mark.parametrize(
    ("price", "quantity", "percent", "total"),
    [
        ("1.20", 1, 0, "1.20"),
        ("1.20", 9, 0, "10.80"),
        ("1.20", 10, 5, "11.40"),
        ("1.20", 49, 5, "55.86"),
        ("1.20", 50, 10, "54.00"),
        ("0.03", 10, 5, "0.29"),
    ],
)
def test_line(price, quantity, percent, total):
    priced = quote([line(price, quantity)])["lines"][0]
    assert (priced["discount_percent"], priced["total"]) == (percent, total)


@pytest.mark.parametrize(
    ("coupon", "price", "discount"),
    [
        (None, "20.00", "0.00"),
        ("welcome10", "20.05", "2.01"),
        ("WELCOME10", "900.00", "50.00"),
        ("FIVER", "19.99", "0.00"),
        ("FIVER", "20.00", "5.00"),
        ("GIFT25", "24.00", "24.00"),
    ],
)
def test_coupon(coupon, price, discount):
    answer = quote([line(price, 1)], coupon)
    assert answer["discount"] == discount
    assert float(answer["total"]) == pytest.approx(float(price) - float(discount))


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", None])
def test_bad_quantity(quantity):
    with pytest.raises(ValueError):
        quote([line("1.00", quantity)])


def test_command_line():
    order = {"lines": [{"sku": "X", "unit_price": "4.75", "quantity": 2}]}
    run = subprocess.run(
        [sys.executable, "-m", "shop.pricing"], input=json.dumps(order), capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout)["total"] == "9.50"
