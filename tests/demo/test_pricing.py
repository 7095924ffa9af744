"""Cart maths, to the cent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.demo.catalog import Catalog
from heimta.demo.pricing import DELIVERY_MINOR, FREE_FROM_MINOR, Discount, price

CATALOG = Catalog.load()
NOW = 1_763_760_000_000


def percent(value: int, min_cart_minor: int = 0, expires_at: int = 0) -> Discount:
    return Discount("X", "percent", value, min_cart_minor, expires_at)


@pytest.mark.parametrize(
    ("lines", "discount", "goods", "delivery"),
    [
        ({}, None, 0, 0),
        ({"enamel-mug": 1}, None, 1650, 490),
        ({"wool-hat-m": 2, "enamel-mug": 1}, None, 8450, 0),
        ({"night-lantern": 1, "wool-hat-m": 1}, None, 8800, 0),
        ({"wool-hat-m": 2}, percent(5), 6460, 490),
        ({"enamel-mug": 1}, percent(5), 1567, 490),  # 82.5 cents off: half a cent goes to the shopper
        ({"wool-hat-m": 2, "enamel-mug": 1}, percent(10), 7605, 490),  # the discount costs the free delivery
        ({"wool-hat-m": 2}, Discount("X", "amount", 1000), 5800, 490),
        ({"enamel-mug": 1}, Discount("X", "amount", 5000), 0, 490),  # never below nothing
        ({"enamel-mug": 1}, Discount("X", "free_shipping", 0), 1650, 0),
        ({"wool-hat-m": 2}, percent(10, min_cart_minor=6801), 6800, 490),
        ({"wool-hat-m": 2}, percent(10, min_cart_minor=6800), 6120, 490),
        ({"wool-hat-m": 2}, percent(10, expires_at=NOW), 6800, 490),
        ({"wool-hat-m": 2}, percent(10, expires_at=NOW + 1), 6120, 490),
        ({"no-such-thing": 3, "enamel-mug": 1}, None, 1650, 490),
    ],
    ids=str,
)
def test_a_cart_costs(lines: dict[str, int], discount: Discount | None, goods: int, delivery: int) -> None:
    priced = price(CATALOG, lines, discount, now=NOW)
    assert (priced.goods_minor, priced.delivery_minor) == (goods, delivery)
    assert priced.total_minor == goods + delivery


def test_delivery_is_free_from_eighty_euro_exactly() -> None:
    lines = {"highland-blanket": 1}
    above = price(CATALOG, lines, Discount("X", "amount", 11900 - FREE_FROM_MINOR), now=NOW)
    below = price(CATALOG, lines, Discount("X", "amount", 11900 - FREE_FROM_MINOR + 1), now=NOW)
    assert (above.delivery_minor, below.delivery_minor) == (0, DELIVERY_MINOR)


def test_a_code_that_gives_nothing_is_not_in_force() -> None:
    priced = price(CATALOG, {"enamel-mug": 1}, percent(10, min_cart_minor=5000), now=NOW)
    assert (priced.code, priced.state) == ("", "below_min")


@settings(deadline=None)  # a busy machine is no bug
@given(
    st.dictionaries(st.sampled_from(sorted(CATALOG.variants)), st.integers(1, 20), max_size=8),
    st.sampled_from(["percent", "amount", "free_shipping"]),
    st.integers(0, 100),
)
def test_sums_always_add_up(lines: dict[str, int], kind: str, value: int) -> None:
    priced = price(CATALOG, lines, Discount("X", kind, value), now=NOW)  # type: ignore[arg-type]
    assert sum(line.line_minor for line in priced.lines) == priced.subtotal_minor
    assert 0 <= priced.goods_minor <= priced.subtotal_minor
    assert priced.total_minor == priced.subtotal_minor - priced.off_minor + priced.delivery_minor
