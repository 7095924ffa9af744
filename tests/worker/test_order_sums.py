"""What an order's sum stands for: in another currency, and when it is told again with less."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import msgspec
import pytest

from heimta.ingest.entry import RelayNote
from heimta.model.visitor import KEEP_CARTS, KEEP_ORDERS
from heimta.worker.effects import Redeemed
from loadtest.stories import HOUR, Told
from loadtest.stories_shop import OTHERS
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, T0, VISITOR, batch, cart, order
from tests.worker.test_counted_once import run
from tests.worker.test_counted_once import totals as totals_of
from tests.worker.test_fold import exposed, fold, lift, totals, with_cart

DAY = 24 * HOUR


@pytest.mark.parametrize(("currency", "paid"), [("EUR", 40_000), ("HUF", None)])
def test_a_code_is_redeemed_for_the_total_in_the_shops_currency_alone(
    currency: str, paid: int | None
) -> None:
    told = order("o1", 40_000, T0, codes=["TEN", "MORE"], currency=currency)
    _, effects = fold([("order", T0, told)])
    assert effects.redeemed == [Redeemed("demo", "TEN", "o1", paid), Redeemed("demo", "MORE", "o1", paid)]


def test_a_code_is_redeemed_under_the_mark_of_the_currency_that_the_shop_has_now() -> None:
    shop = msgspec.structs.replace(CONTEXT.shop, currency="HUF")
    changed = dataclasses.replace(CONTEXT, shop=shop, first_currency="EUR")
    told = order("o1", 40_000, T0, codes=["TEN"], currency="HUF")
    _, effects = fold([("order", T0, told)], context=changed)
    assert effects.redeemed == [Redeemed("demo", "TEN", "o1", 40_000, "~HUF")]


@pytest.mark.parametrize("sums", [(8990, 0), (0, 8990), (8990, 0, 8990, 0)])
def test_an_order_that_is_told_again_with_nothing_left_of_it_earns_nothing(sums: tuple[int, ...]) -> None:
    """As docs/wire.md says to take a cancelled one out: its money goes, and it stays an order."""
    told = [("order", T0 + n, order("o1", minor, T0 + MINUTE)) for n, minor in enumerate(sums)]
    _, effects = fold([exposed("ten"), *told])
    counted = totals(effects)
    assert (counted["orders"], counted["orders_minor.EUR"]) == (1, 0)
    assert lift(effects) == {"ten|n": 1, "ten|converted": 1}


@pytest.mark.parametrize(("currency", "earned"), [("EUR", 1), ("HUF", None)])
def test_an_order_in_another_currency_than_the_shop_s_adds_nothing_to_the_lift(
    currency: str, earned: int | None
) -> None:
    told = ("order", T0 + MINUTE, order("o1", 300, T0 + MINUTE, currency=currency))
    _, effects = fold([exposed("ten"), told])
    assert lift(effects).get("ten|converted") == earned
    assert totals(effects)["c.exit-offer.ten.exposed"] == 1


@pytest.mark.parametrize("named", [(True, False), (False, True)])
def test_an_order_that_names_its_cart_is_for_it_whatever_the_shop_s_clock_shows(
    named: tuple[bool, ...],
) -> None:
    """Told with and without the cart, in either order; the clock is an hour behind."""
    begun, told = T0 + HOUR, []
    for n, names in enumerate(named):
        body = msgspec.json.decode(order("o1", 300, T0))
        body["order"]["cart"] = "c" * 11 if names else ""
        told.append(("order", begun + n, msgspec.json.encode(body)))
    state, _ = fold([*with_cart(300, begun), *told])
    assert state.carts["c" * 11].order == "o1"


def test_an_order_ends_what_was_left_before_it_also_when_newer_ones_crowd_it_out() -> None:
    """Placed long ago by the shop's clock, and told last."""
    many = [("order", T0, order(f"o{n}", 300, T0 + n)) for n in range(KEEP_ORDERS)]
    state, _ = fold([*with_cart(), *many, ("order", T0 + DAY, order("last", 300, T0 - HOUR))])
    assert "last" not in state.orders and len(state.orders) == KEEP_ORDERS
    assert state.bought_at == T0 + DAY
    for n in range(KEEP_ORDERS):  # nor does a newer one that was told earlier take it back
        state, _ = fold([("order", T0 + DAY - 1, order(f"new-{n}", 300, T0 + HOUR + n))], state)
    assert state.bought_at == T0 + DAY


@pytest.mark.parametrize(
    ("live", "service", "kept"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_who_ordered_is_kept_only_where_a_service_message_may_go_to_them(
    live: bool, service: bool, kept: bool
) -> None:
    journey = msgspec.structs.replace(JOURNEY, live=live, service=service)
    context = dataclasses.replace(CONTEXT, journeys={journey.id: (journey, 1)})
    told = msgspec.json.decode(order("o1", 300, T0))
    told["order"]["customer"] = {"email": "anna@b.example"}
    state, _ = fold([("order", T0, msgspec.json.encode(told))], context=context)
    assert (state.orders["o1"].customer is not None) is kept


def test_a_browser_is_not_linked_with_itself_or_with_nobody() -> None:
    for origin in ("", VISITOR):
        token = "demo.token-of-the-link"
        entry = ("batch", T0, batch(("cart_restored", T0, {"token": token})))
        state, effects = fold([entry, ("order", T0 + 1, order("o1", 300, T0 + 1))], restored={token: origin})
        assert not state.linked and not effects.relays


def placed(minor: int, received: int) -> Told:
    return Told("order", received, order("o1", minor, T0 + 2 * HOUR))


def placed_elsewhere(minor: int, received: int) -> Told:
    note = RelayNote(VISITOR, OTHERS[0], "o1", minor, "EUR", T0 + 2 * HOUR)
    return Told("relay", received, msgspec.json.encode(note))


@pytest.mark.parametrize("way", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_what_a_restored_cart_s_order_came_to_is_the_sum_of_its_last_change(way: tuple[int, ...]) -> None:
    filled = Told("batch", T0, batch(("cart_updated", T0, {"cart": cart(900)})))
    at = T0 + 2 * HOUR
    notes = [
        RelayNote(VISITOR, OTHERS[0], "o1", minor, "EUR", at, at + n) for n, minor in enumerate((900, 0, 850))
    ]
    told = [Told("relay", at, msgspec.json.encode(notes[n])) for n in way]
    sums = totals_of(run([(T0 + HOUR, [filled]), (T0 + 3 * HOUR, told)]))
    assert (sums["recovered"], sums["recovered_minor.EUR"]) == (1, 850)


@pytest.mark.parametrize(("told", "own"), [(placed, 1), (placed_elsewhere, 0)])
@pytest.mark.parametrize("left", [500, 0])
def test_what_is_sent_back_once_its_cart_is_forgotten_is_taken_off_and_was_recovered_all_the_same(
    told: Callable[[int, int], Told], own: int, left: int
) -> None:
    def filled(at: int, name: str, n: int) -> Told:
        return Told("batch", at, batch(("cart_updated", at, {"cart": cart(900, cart_id=name)}), first=n))

    later = [filled(T0 + 3 * HOUR + n, f"cart-{n:06d}", 1 + n) for n in range(KEEP_CARTS)]
    phases = [
        (T0 + HOUR, [filled(T0, "c" * 11, 0)]),
        (T0 + 3 * HOUR, [told(900, T0 + 2 * HOUR), *later]),
        (T0 + 4 * HOUR, [told(left, T0 + 4 * HOUR)] * 2),
    ]
    sums = totals_of(run(phases))
    assert (sums["recovered"], sums["recovered_minor.EUR"]) == (1, left)
    assert (sums["orders"], sums["orders_minor.EUR"]) == (own, own * left)
