import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from shop.validation import Problems, check_order, decode_cursor, encode_cursor, page_limit


def fields(body):
    try:
        check_order(body, lambda id_: id_ == 1, lambda skus: {"A"} & set(skus))
    except Problems as found:
        return [field for field, _ in found.problems]
    return []


def test_a_valid_order():
    assert fields({"customer_id": 1, "lines": [{"sku": "A", "quantity": 1}], "coupon": None}) == []


def test_every_problem_is_named():
    body = {"customer_id": "1", "lines": [{"sku": "B", "quantity": True}, 5], "coupon": "NOPE"}
    assert fields(body) == [
        "customer_id",
        "lines[0].sku",
        "lines[0].quantity",
        "lines[1].sku",
        "lines[1].quantity",
        "coupon",
    ]


def test_a_cursor_comes_back():
    assert decode_cursor(encode_cursor(7), (int,)) == [7]


@pytest.mark.parametrize("text", ["", "x", "AAAA", "e30=", "bnVsbA==", "é"])
def test_a_foreign_cursor(text):
    with pytest.raises(Problems):
        decode_cursor(text, (int,))


@pytest.mark.parametrize("text", ["0", "101", "-1", "ten", "1.5", "", "²"])
def test_a_bad_limit(text):
    with pytest.raises(Problems):
        page_limit(text)
