"""The lift of a shop whose documents change midway: an arm is taken out, the currency is another."""

from __future__ import annotations

import dataclasses

import msgspec

from tests.worker.shop import CONTEXT, MINUTE, SHOP, T0, order
from tests.worker.test_fold import exposed, fold, lift


def test_an_arm_that_was_taken_out_lately_is_exposed_like_any_other() -> None:
    """A page that was open, or an event that was late: of the holdout those are counted, too."""
    context = dataclasses.replace(CONTEXT, gone={"exit-offer": {"nine"}})
    _, effects = fold([exposed("nine")], context=context)
    assert lift(effects) == {"nine|n": 1}


def test_a_shop_that_changes_its_currency_is_measured_anew() -> None:
    """Who was met before goes on in the currency of that time, also when it comes to late orders."""
    crowns = dataclasses.replace(
        CONTEXT, shop=msgspec.structs.replace(SHOP, currency="SEK"), first_currency="EUR"
    )
    state, before = fold([exposed("ten"), ("order", T0, order("o1", 300, T0 + MINUTE))])
    assert lift(before)["ten|revenue_minor"] == 300
    late = [("order", T0, order(name, 50, T0 + 2 * MINUTE, currency=name[:3])) for name in ("EUR2", "SEK3")]
    state, after = fold(late, state, context=crowns)
    assert {names[1]: sums["ten|revenue_minor"] for names, sums in after.lift.items()} == {"exit-offer": 50}
    new, fresh = fold([exposed("ten"), *late], context=crowns)
    assert new.exposures["exit-offer"].currency == "SEK"
    assert {names[1] for names in fresh.lift} == {"exit-offer~SEK"}
    assert lift(fresh) == {"ten|n": 1, "ten|converted": 1, "ten|revenue_minor": 50, "ten|revenue_sq": 2500}
