"""What is wrong with an offer, said before it is installed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heimta.model.campaign import Offer
from heimta.model.coupon import ALPHABET, Coupon, Ledger, cost_of, is_code, new_code, saved_by
from heimta.operate import doctor
from heimta.rules.coupons import ledgers_now, offer_faults, offer_warnings, offers_of
from tests.worker.shop import CAMPAIGN, SHOP


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "percent", "value": 0}, "1 to 100"),
        ({"kind": "percent", "value": 101}, "1 to 100"),
        ({"kind": "amount"}, "minor units"),
        ({"kind": "free_shipping", "budget_minor": 1000}, "what shipping costs you"),
        ({"kind": "percent", "value": 5, "pool": "a", "at_shop": True}, "leave one out"),
        ({"kind": "percent", "value": 5, "pool": "a", "prefix": "HI"}, "stay as they are"),
        ({"kind": "amount", "value": 500, "budget_minor": 499}, "none could be handed out"),
    ],
)
def test_a_fault_names_the_field_and_the_way_out(fields: dict[str, Any], said: str) -> None:
    [fault] = offer_faults(Offer(**fields), "offer")
    assert said in fault
    assert fault.startswith("offer")


def test_an_offer_without_codes_is_warned_of() -> None:
    def warned(offer: Offer, pools: dict[str, int]) -> list[str]:
        campaign = msgspec.structs.replace(CAMPAIGN, offer=offer)
        return list(offer_warnings(SHOP, offers_of([campaign], []), pools))

    pooled, made = Offer("percent", 5, pool="a"), Offer("percent", 5, at_shop=True)
    assert warned(pooled, {"a": 1}) == []
    assert "heimta coupons import demo a FILE" in warned(pooled, {"a": 0})[0]
    assert "whose document has no API" in warned(made, {})[0]


def test_a_ledger_is_judged_by_what_the_document_says_now() -> None:
    def now(offer: Offer, kept: Ledger, pools: dict[str, int]) -> Ledger:
        campaign = msgspec.structs.replace(CAMPAIGN, offer=offer)
        [found] = ledgers_now("demo", offers_of([campaign], []), [kept], pools).values()
        return found

    source = f"c.{CAMPAIGN.id}"
    full = Ledger("demo", source, handed=90, most=100, open_minor=900, budget_minor=1000, pool="a", left=5)
    assert full.is_alarming
    raised = now(Offer("amount", 500, max_coupons=1000), full, {})
    assert (raised.most, raised.budget_minor, raised.pool, raised.left) == (1000, 0, "", None)
    assert raised.handed == 90 and not raised.is_alarming
    assert now(Offer("amount", 500, max_coupons=95), raised, {}).is_alarming
    assert now(Offer("percent", 5, pool="b"), full, {"a": 5, "b": 700}).left == 700
    made = f"{source}.percent-5-0"
    unused = now(Offer("percent", 5, at_shop=True), Ledger("demo", "c.other"), {made: 9})
    assert (unused.source, unused.pool, unused.left, unused.handed) == (source, made, 9, 0)


@pytest.mark.parametrize("kind", ["percent", "amount", "free_shipping"])
def test_an_offer_with_everything_is_fine(kind: Any) -> None:
    offer = Offer(kind, 50, per_person=2, again_days=7, max_coupons=10, budget_minor=1000, at_shop=True)
    assert offer_faults(offer, "offer") == []


def test_a_code_has_sixty_bits_of_letters_that_nobody_mixes_up() -> None:
    codes = {new_code("HI") for _ in range(2000)}
    assert len(codes) == 2000
    assert all(code.startswith("HI") and len(code) == 14 and set(code[2:]) <= set(ALPHABET) for code in codes)
    assert not set("01OI") & set(ALPHABET)


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("A-1_b", True),
        ("", False),
        ("-", False),
        ("a b", False),
        ("{p00}", False),
        ("ü", False),
        ("x" * 65, False),
    ],
)
def test_only_what_can_be_a_code_gets_into_a_key(code: str, is_one: bool) -> None:
    assert is_code(code) is is_one


@pytest.mark.parametrize(
    ("ledger", "pct"),
    [
        (Ledger("demo", "c.x", handed=7), 0),
        (Ledger("demo", "c.x", handed=80, most=100), 80),
        (Ledger("demo", "c.x", handed=1, most=100, given_minor=300, open_minor=600, budget_minor=1000), 90),
        (Ledger("demo", "c.x", handed=1, open_minor=600, budget_minor=1000, next_minor=400), 60),
        (Ledger("demo", "c.x", handed=1, open_minor=600, budget_minor=1000, next_minor=401), 100),
        (Ledger("demo", "c.x", handed=960, pool="a", left=40), 96),
        (Ledger("demo", "c.x", handed=960, pool="a", left=51), 0),
        (Ledger("demo", "c.x", pool="a", left=0), 100),
        (Ledger("demo", "c.x", handed=960, pool="c.x", left=2), 0),
        (Ledger("demo", "c.x", pool="c.x", left=0, refused_at=1), 100),
    ],
)
def test_it_is_alarm_when_four_fifths_of_the_nearest_ceiling_are_gone(ledger: Ledger, pct: int) -> None:
    assert (ledger.used_pct, ledger.is_alarming) == (pct, pct >= 80)


def test_what_a_coupon_costs() -> None:
    assert cost_of(Offer("percent", 10, min_cart_minor=4000), 0) == 400
    assert cost_of(Offer("percent", 10, min_cart_minor=4000), 9000) == 900
    assert cost_of(Offer("amount", 500), 9000) == 500
    assert saved_by(Coupon("X", "percent", 10, 0, 0), 9000) == 1000
    assert saved_by(Coupon("X", "percent", 100, 0, 0), 490) is None  # shipping: what it saved is not known
    assert saved_by(Coupon("X", "amount", 500, 0, 0), 9000) == 500


def test_the_doctor_says_that_a_budget_is_too_small_for_another_coupon() -> None:
    short = Ledger("demo", "c.x", handed=1, open_minor=600, budget_minor=1000, next_minor=600)
    [told] = doctor.coupons([short])
    assert "gives no more: its budget has too little left for another coupon" in str(told)
