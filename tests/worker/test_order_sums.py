"""What an order's sum stands for: in another currency, and when it is told again with less."""

from __future__ import annotations

import pytest

from tests.worker.shop import MINUTE, T0, order
from tests.worker.test_fold import exposed, fold, lift, totals


@pytest.mark.parametrize(("currency", "paid"), [("EUR", 40_000), ("HUF", None)])
def test_a_code_is_redeemed_for_the_total_in_the_shops_currency_alone(
    currency: str, paid: int | None
) -> None:
    told = order("o1", 40_000, T0, codes=["TEN", "MORE"], currency=currency)
    _, effects = fold([("order", T0, told)])
    assert effects.redeemed == [("demo", "TEN", "o1", paid), ("demo", "MORE", "o1", paid)]


@pytest.mark.parametrize("sums", [(8990, 0), (0, 8990), (8990, 0, 8990, 0)])
def test_an_order_that_is_told_again_with_nothing_left_of_it_earns_nothing(sums: tuple[int, ...]) -> None:
    """As docs/wire.md says to take a cancelled one out: its money goes, and it stays an order."""
    told = [("order", T0 + n, order("o1", minor, T0 + MINUTE)) for n, minor in enumerate(sums)]
    _, effects = fold([exposed("ten"), *told])
    counted = totals(effects)
    assert (counted["orders"], counted["orders_minor.EUR"]) == (1, 0)
    assert lift(effects) == {"ten|n": 1, "ten|converted": 1}
