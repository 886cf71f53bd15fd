import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from shop.pricing import quote


def test_quote():
    quote([{"sku": "X", "unit_price": "4.75", "quantity": 10}], "WELCOME10")


def test_bad_quantity():
    try:
        quote([{"sku": "X", "unit_price": "1.00", "quantity": 0}])
    except ValueError:
        pass
