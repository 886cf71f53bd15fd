import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from shop.validation import Problems, check_order, decode_cursor, encode_cursor


def fields(body):
    try:
        check_order(body, lambda id_: id_ == 1, lambda skus: {"A"} & set(skus))
    except Problems as found:
        return [field for field, _ in found.problems]
    return []


def test_a_valid_order():
    assert fields({"customer_id": 1, "lines": [{"sku": "A", "quantity": 1}], "coupon": None}) == []


def test_a_cursor_comes_back():
    assert decode_cursor(encode_cursor(7), (int,)) == [7]


@pytest.mark.parametrize("text", ["", "x", "AAAA", "e30=", "bnVsbA==", "é"])
def test_a_foreign_cursor(text):
    with pytest.raises(Problems):
        decode_cursor(text, (int,))
