"""A wheel's odds are true: what is shown is what is dealt, and a second try is no second chance."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.model.campaign import Offer, Prize
from heimta.rules.prizes import deal_prize, find_prize, offer_for
from tests.worker.shop import CAMPAIGN, VISITOR

PRIZES = (
    Prize(60, Offer("percent", 5)),
    Prize(30, Offer("percent", 10)),
    Prize(10, Offer("free_shipping")),
)
WHEEL = msgspec.structs.replace(CAMPAIGN, id="wheel", offer=None, prizes=PRIZES)
VISITORS = 3000


def hundreds(parts: int) -> st.SearchStrategy[list[int]]:
    """Whole odds that add to 100."""
    cuts = st.lists(st.integers(1, 99), min_size=parts - 1, max_size=parts - 1, unique=True)
    return cuts.map(
        lambda at: [b - a for a, b in zip([0, *sorted(at)], [*sorted(at), 100], strict=True)],
    )


@given(
    odds=st.integers(2, 8).flatmap(hundreds),
    campaign=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    seed=st.integers(0, 10**9),
)
@settings(max_examples=12, deadline=None)
def test_each_prize_comes_as_often_as_its_odds_say(odds: list[int], campaign: str, seed: int) -> None:
    prizes = [Prize(share, Offer("percent", n + 1)) for n, share in enumerate(odds)]
    came = [0] * len(odds)
    for n in range(VISITORS):
        came[deal_prize(prizes, campaign, f"{seed}-{n}".rjust(22, "v"))] += 1
    # Chi-square: for 7 degrees of freedom, a fair deal is beyond 50 once in 100 million.
    expected = [share / 100 * VISITORS for share in odds]
    assert sum((a - b) ** 2 / b for a, b in zip(came, expected, strict=True)) < 50


def test_a_visitors_prize_never_changes_and_is_no_other_arms() -> None:
    dealt = {deal_prize(PRIZES, "wheel", VISITOR) for _ in range(3)}
    assert len(dealt) == 1
    by_campaign = {deal_prize(PRIZES, f"wheel-{n}", VISITOR) for n in range(60)}
    assert by_campaign == {0, 1, 2}, "another wheel is another deal"


def test_what_is_claimed_is_the_prize_or_else_the_offer() -> None:
    assert offer_for(WHEEL, VISITOR) == PRIZES[deal_prize(PRIZES, "wheel", VISITOR)].offer
    assert offer_for(CAMPAIGN, VISITOR) == CAMPAIGN.offer
    assert offer_for(msgspec.structs.replace(CAMPAIGN, offer=None), VISITOR) is None


def test_a_coupon_finds_the_slice_that_shows_it() -> None:
    assert [find_prize(WHEEL, "percent", 10), find_prize(WHEEL, "free_shipping", 0)] == [1, 2]
    assert find_prize(WHEEL, "percent", 15) == -1, "from before the prizes were changed"
