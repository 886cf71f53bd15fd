from __future__ import annotations

import pytest
from pydantic import ValidationError

from gradekit.language import Naming, Speech, Style, is_class, styled

JAVA = Naming(names="camel", modules="pascal", classes="beside")


@pytest.mark.parametrize(
    ("name", "style", "expected"),
    [
        ("total_price", "snake", "total_price"),
        ("total_price", "camel", "totalPrice"),
        ("total_price", "pascal", "TotalPrice"),
        ("total_price", "kebab", "total-price"),
        ("add", "camel", "add"),
        ("add", "pascal", "Add"),
        ("top_3_words", "camel", "top3Words"),
        ("MAX_SIZE", "camel", "MAX_SIZE"),
        ("Cart", "camel", "Cart"),
        ("_private", "camel", "_private"),
        ("größe_a", "camel", "größe_a"),
    ],
)
def test_a_name_in_the_style_of_a_language(name: str, style: Style, expected: str) -> None:
    assert styled(name, style) == expected


def test_classes_are_told_from_constants() -> None:
    assert [name for name in ("Cart", "OutOfStock", "A", "MAX", "MAX_SIZE", "add", "") if is_class(name)] == [
        "Cart", "OutOfStock", "A",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("naming", "module", "path", "expected"),
    [
        (Naming(), "shop.price_list", "total_price", ("shop.price_list", "total_price")),
        (Naming(), "shop.cart", "Cart.parse", ("shop.cart", "Cart.parse")),
        (Naming(modules="kebab"), "shop.price_list", "f", ("shop.price-list", "f")),
        (JAVA, "my_shop.price_list", "total_price", ("my_shop.PriceList", "totalPrice")),
        (JAVA, "shop.cart", "Cart", ("shop.Cart", "")),
        (JAVA, "shop.pricing", "Cart.parse_line", ("shop.Cart", "parseLine")),
        (JAVA, "toolkit", "WordCounter", ("WordCounter", "")),
        (JAVA, "toolkit", "MAX_SIZE", ("Toolkit", "MAX_SIZE")),
        (Naming(modules="pascal", packages="pascal"), "my_shop.cart", "", ("MyShop.Cart", "")),
    ],
)
def test_where_a_language_has_it(naming: Naming, module: str, path: str, expected: tuple[str, str]) -> None:
    assert naming.place(module, path) == expected


ERRORS = {kind: (f"builtins:{kind}",) for kind in ("value", "type", "key", "index", "zero", "not_found", "absent")}


def test_an_error_is_of_every_kind_that_it_extends_and_of_none_when_something_is_absent() -> None:
    speech = Speech(errors={**ERRORS, "not_found": ("builtins:key", "builtins:index")})
    assert speech.kinds(("shop:OutOfStock", "builtins:value")) == {"value", "any"}
    assert speech.kinds(("builtins:key", "builtins:Exception")) == {"key", "not_found", "any"}
    assert speech.kinds(("shop:value",)) == {"any"}
    assert speech.kinds(("shop:Mine", "builtins:absent")) == frozenset()
    assert Speech().kinds(("shop:Mine",)) == {"any"}


def test_a_table_of_errors_is_whole() -> None:
    with pytest.raises(ValidationError, match="missing or unknown: zero"):
        Speech(errors={kind: names for kind, names in ERRORS.items() if kind != "zero"})
    with pytest.raises(ValidationError, match="missing or unknown: any"):
        Speech(errors={**ERRORS, "any": ()})
