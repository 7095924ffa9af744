"""What the fold makes of events: carts, orders, recoveries, lift; and that order and copies do not matter."""

from __future__ import annotations

import random
from collections import Counter

import msgspec
import pytest

from heimta.model.visitor import VisitorState
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import Poison, read_fact
from heimta.worker.timers import fire, next_due
from tests.worker.shop import CART, CONTEXT, MINUTE, OTHER, T0, VISITOR, batch, cart, order

Entry = tuple[str, int, bytes]  # kind, received, data


def fold(
    entries: list[Entry],
    state: VisitorState | None = None,
    restored: dict[str, str] | None = None,
    *,
    context: ShopContext = CONTEXT,
) -> tuple[VisitorState, Effects]:
    effects = Effects()
    for number, (kind, received, data) in enumerate(entries):
        fields = {b"s": b"demo", b"k": kind.encode(), b"t": str(received).encode(), b"d": data}
        fact = read_fact(f"{number}-0".encode(), fields)
        state = apply_fact(state, fact, context=context, effects=effects, restored=restored or {})
    assert state is not None
    return state, effects


def totals(effects: Effects) -> Counter[str]:
    sums: Counter[str] = Counter()
    for fields in effects.counts.values():
        for name, by in fields.items():
            sums[name.partition(":")[2]] += by
    return +sums


def hours(effects: Effects) -> dict[tuple[str, str], int]:
    return {(day, name): by for (_, day), row in effects.counts.items() for name, by in row.items() if by}


def lift(effects: Effects) -> dict[str, int]:
    return {name: by for fields in effects.lift.values() for name, by in fields.items() if by}


def with_cart(total: int = 5000, at: int = T0) -> list[Entry]:
    return [("batch", at, batch(("cart_updated", at, {"cart": cart(total)})))]


def subscribed() -> Entry:
    keys = {"p256dh": "k" * 87, "auth": "a" * 22}
    told = {"vid": VISITOR, "subscription": {"endpoint": "https://push.example/x", "keys": keys}}
    return ("push", T0, msgspec.json.encode(told))


def abandoned() -> tuple[VisitorState, Effects]:
    state, effects = fold([*with_cart(), subscribed()])
    fire(state, context=CONTEXT, effects=effects, now=T0 + 30 * MINUTE)
    return state, effects


def test_a_cart_is_abandoned_after_the_silence_and_not_a_moment_before():
    state, effects = fold([*with_cart(), subscribed()])
    assert state.next_due == T0 + 30 * MINUTE
    fire(state, context=CONTEXT, effects=effects, now=T0 + 30 * MINUTE - 1)
    assert "abandoned" not in totals(effects)
    fire(state, context=CONTEXT, effects=effects, now=T0 + 30 * MINUTE)
    assert totals(effects)["abandoned"] == 1
    assert totals(effects)["abandoned_minor.EUR"] == 5000
    assert [message.step for message in effects.messages] == ["remind"]


def test_a_cart_is_abandoned_once_however_often_the_timer_fires():
    state, effects = abandoned()
    fire(state, context=CONTEXT, effects=effects, now=T0 + 31 * MINUTE)
    assert totals(effects)["abandoned"] == 1
    assert len(effects.messages) == 1
    assert next_due(state, CONTEXT) == 0


def test_nobody_enters_a_journey_whose_messages_cannot_arrive():
    state, effects = fold(with_cart())
    fire(state, context=CONTEXT, effects=effects, now=T0 + 30 * MINUTE)
    assert totals(effects)["abandoned"] == 1
    assert not state.enrollments and not effects.messages


def test_a_change_of_the_cart_starts_the_silence_again():
    later = T0 + 20 * MINUTE
    change = ("batch", later, batch(("cart_updated", later, {"cart": cart(7000)}), first=1))
    state, effects = fold([*with_cart(), change])
    fire(state, context=CONTEXT, effects=effects, now=T0 + 30 * MINUTE)
    assert "abandoned" not in totals(effects)
    assert state.next_due == later + 30 * MINUTE


def test_an_empty_cart_is_never_abandoned():
    later = T0 + MINUTE
    empty = ("batch", later, batch(("cart_updated", later, {"cart": cart(0, lines=0)}), first=1))
    state, _ = fold([*with_cart(), empty])
    assert state.next_due == 0


def test_an_order_before_the_silence_ends_the_timer():
    state, effects = fold([*with_cart(), ("order", T0 + MINUTE, order("1", 5000, T0 + MINUTE))])
    assert state.next_due == 0
    assert totals(effects)["orders"] == 1
    assert "recovered" not in totals(effects)


def test_an_order_after_the_silence_recovers_the_cart_and_ends_the_journey():
    state, _ = abandoned()
    later = T0 + 40 * MINUTE
    state, effects = fold([("order", later, order("1", 4500, later))], state)
    assert totals(effects) == {
        "orders": 1,
        "orders_minor.EUR": 4500,
        "recovered": 1,
        "recovered_minor.EUR": 4500,
    }
    assert state.enrollments["cart-push"].ended == "ordered"


def test_a_late_webhook_takes_the_abandonment_back():
    state, first = abandoned()
    ordered = T0 + 10 * MINUTE
    state, second = fold([("order", T0 + 50 * MINUTE, order("1", 4500, ordered))], state)
    sums = totals(first)
    sums.update(
        {k: v for fields in second.counts.values() for f, v in fields.items() for k in [f.partition(":")[2]]}
    )
    assert sums["abandoned"] == 0
    assert sums["abandoned_minor.EUR"] == 0
    assert "recovered" not in +sums


def test_an_order_counts_once():
    copies = [("order", T0 + i, order("1", 4500, T0)) for i in range(3)]
    _, effects = fold(copies)
    assert totals(effects)["orders_minor.EUR"] == 4500


def test_the_browsers_word_stops_messages_and_counts_no_money():
    said = ("batch", T0 + MINUTE, batch(("order_completed", T0 + MINUTE, {"order": "1"}), first=1))
    state, effects = fold([*with_cart(), said])
    assert state.next_due == 0
    assert "orders_minor.EUR" not in totals(effects)


def exposed(arm: str, at: int = T0, first: int = 5) -> Entry:
    props = {"campaign": "exit-offer", "arm": arm, "p": 5000, "version": 1}
    return ("batch", at, batch(("campaign_exposed", at, props), first=first))


@pytest.mark.parametrize("arm", ["ten", "holdout"])
def test_every_arm_is_exposed_once_and_earns_what_is_ordered_afterwards(arm: str):
    entries = [
        exposed(arm),
        exposed(arm, T0 + 5, first=6),
        ("order", T0 + MINUTE, order("1", 300, T0 + MINUTE)),
    ]
    _, effects = fold(entries)
    assert lift(effects) == {
        f"{arm}|n": 1,
        f"{arm}|converted": 1,
        f"{arm}|revenue_minor": 300,
        f"{arm}|revenue_sq": 90_000,
    }


def test_an_order_before_the_exposure_or_after_the_window_earns_nothing():
    week = 7 * 24 * 60 * MINUTE
    entries = [
        exposed("ten"),
        ("order", T0, order("early", 100, T0 - MINUTE)),
        ("order", T0 + week + MINUTE, order("late", 100, T0 + week + 1)),
    ]
    assert lift(fold(entries)[1]) == {"ten|n": 1}


def test_the_merchants_own_visit_never_counts_in_lift():
    props = {"campaign": "exit-offer", "arm": "ten", "p": 5000, "version": 1}
    entries = [
        ("batch", T0, batch(("campaign_exposed", T0, props), preview=True)),
        ("order", T0 + 1, order("1", 300, T0 + 1)),
    ]
    assert lift(fold(entries)[1]) == {}


def test_a_restored_cart_links_the_browsers_and_the_order_travels():
    token = "demo.token-of-the-link"
    entries = [
        ("batch", T0, batch(("cart_restored", T0, {"token": token}))),
        ("order", T0 + 1, order("1", 300, T0 + 1)),
    ]
    state, effects = fold(entries, restored={token: OTHER})
    assert state.linked == {OTHER: (T0, T0)}
    assert [(note.vid, note.order) for _, note in effects.relays] == [(OTHER, "1")]


def test_an_order_of_a_restored_cart_travels_without_any_consent():
    hook = msgspec.json.decode(order("1", 300, T0, visitor=""))
    hook["order"]["restored"] = "demo.token-of-the-link"
    state, effects = fold(
        [("order", T0, msgspec.json.encode(hook))], restored={"demo.token-of-the-link": OTHER}
    )
    assert state.visitor not in ("", OTHER)
    assert [(note.vid, note.order, note.minor) for _, note in effects.relays] == [(OTHER, "1", 300)]


def test_a_relayed_order_recovers_the_cart_but_is_not_counted_as_an_order_again():
    state, _ = abandoned()
    later = T0 + 45 * MINUTE
    note = {
        "vid": VISITOR,
        "other": OTHER,
        "order": "1",
        "minor": 4500,
        "currency": "EUR",
        "at": later,
    }
    state, effects = fold([("relay", later, msgspec.json.encode(note))] * 2, state)
    assert totals(effects) == {"recovered": 1, "recovered_minor.EUR": 4500}
    assert state.enrollments["cart-push"].ended == "ordered"


def told(name: str, at: int, props: dict[str, object], n: int) -> Entry:
    return ("batch", at, batch((name, at, props), first=n))


@pytest.mark.parametrize("n", [63, 64, 65, 9999, 100_000])
def test_any_number_of_events_of_one_page_load_is_remembered_and_can_be_written(n: int):
    entries = [told("page_viewed", T0, {}, n)] * 2 + [told("page_viewed", T0, {}, n - 1)]
    state, effects = fold(entries)
    assert totals(effects)["page_viewed"] == 2
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=VisitorState).seen == state.seen


def test_numbers_in_any_order_end_as_one_range():
    numbers = list(range(200))
    random.Random(1).shuffle(numbers)
    state, effects = fold([told("page_viewed", T0, {}, n) for n in numbers + numbers])
    assert totals(effects)["page_viewed"] == 200
    [seen] = state.seen.values()
    assert seen.edges == [0, 200]


def test_a_withdrawn_consent_ends_journeys_and_drops_the_subscription():
    no = told("consent_changed", T0 + 31 * MINUTE, {"analytics": False, "marketing": False}, 9)
    state, _ = abandoned()
    state, _ = fold([no], state)
    assert state.enrollments["cart-push"].ended == "consent withdrawn"
    assert state.subscription is None


def test_a_withdrawn_consent_keeps_a_timer_from_starting_a_journey():
    no = told("consent_changed", T0 + MINUTE, {"analytics": False, "marketing": False}, 9)
    state, effects = fold([*with_cart(), no, subscribed()])  # a late copy of the subscription
    fire(state, context=CONTEXT, effects=effects, now=T0 + 31 * MINUTE)
    assert not effects.messages


def test_a_shop_whose_clock_is_slow_still_stops_messages():
    ordered, said = T0 + MINUTE, T0 - 5 * MINUTE
    state, effects = fold([*with_cart(), subscribed(), ("order", ordered, order("1", 5000, said))])
    fire(state, context=CONTEXT, effects=effects, now=T0 + 40 * MINUTE)
    assert not effects.messages
    assert "abandoned" not in totals(effects)


@pytest.mark.parametrize("turn", [1, -1])
def test_two_orders_recover_one_cart_once_in_whatever_order_they_come(turn: int):
    state, _ = abandoned()
    first, second = T0 + 40 * MINUTE, T0 + 50 * MINUTE
    entries = [("order", first, order("1", 700, first)), ("order", second, order("2", 500, second))][::turn]
    _, effects = fold(entries, state)
    assert totals(effects)["recovered"] == 1
    assert totals(effects)["recovered_minor.EUR"] == 700


def test_an_order_that_a_link_led_to_recovers_the_cart_behind_the_link_and_none_here():
    state, _ = abandoned()  # a cart of this browser's own
    linked, ordered = T0 + 40 * MINUTE, T0 + 45 * MINUTE
    token = "demo.token-of-the-link"
    link = told("cart_restored", linked, {"token": token}, 5)
    placed = ("order", ordered, order("1", 4500, ordered))
    for entries in ([link, placed], [placed, link]):
        after = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=VisitorState)
        after, effects = fold(entries, after, restored={token: OTHER})
        assert "recovered" not in totals(effects)
        assert after.enrollments["cart-push"].ended == "ordered"
        assert [note.vid for _, note in effects.relays] == [OTHER]


def test_only_the_first_order_after_the_link_travels():
    token = "demo.token-of-the-link"
    entries = [
        told("cart_restored", T0, {"token": token}, 0),
        ("order", T0 + MINUTE, order("1", 300, T0 + MINUTE)),
        ("order", T0 + 9 * MINUTE, order("2", 300, T0 + 9 * MINUTE)),
    ]
    _, effects = fold(entries, restored={token: OTHER})
    assert {note.order for _, note in effects.relays} == {"1"}


@pytest.mark.parametrize(
    ("currency", "exponent", "minor", "own"),
    [("HUF", 0, 12_000, 1_200_000), ("ISK", 2, 450_000, 4_500), ("KWD", 2, 125, 1250), ("EUR", 2, 5, 5)],
)
def test_money_is_kept_in_the_currencys_own_units(currency: str, exponent: int, minor: int, own: int):
    told_cart = {**cart(minor), "currency": currency, "exponent": exponent}
    state, _ = fold([("batch", T0, batch(("cart_updated", T0, {"cart": told_cart})))])
    held = state.carts[CART].cart
    assert (held.total_minor, held.lines[0].unit_minor) == (own, own)


@pytest.mark.parametrize(
    "props",
    [
        {"campaign": "nosuch", "arm": "ten", "p": 5000},
        {"campaign": "exit-offer", "arm": "nosuch", "p": 5000},
    ],
)
def test_a_campaign_or_arm_that_does_not_exist_makes_no_counters(props: dict[str, object]):
    state, effects = fold([told("campaign_exposed", T0, props, 0)])
    assert state.exposures == {}
    assert lift(effects) == {}
    assert not any(name.startswith("c.") for name in totals(effects))


def story() -> list[Entry]:
    """A day of one visitor: two carts, an exposure, an order, pages; each batch from a source of its own."""
    steps: list[tuple[str, int, dict[str, object]]] = [
        ("page_viewed", T0, {}),
        ("cart_updated", T0 + MINUTE, {"cart": cart(1000)}),
        ("cart_updated", T0 + 2 * MINUTE, {"cart": cart(2000, lines=2)}),
        ("campaign_exposed", T0 + 3 * MINUTE, {"campaign": "exit-offer", "arm": "ten", "p": 5000}),
        ("campaign_accepted", T0 + 4 * MINUTE, {"campaign": "exit-offer", "arm": "ten"}),
        ("checkout_started", T0 + 5 * MINUTE, {}),
        ("cart_updated", T0 + 9 * MINUTE, {"cart": cart(700, cart_id="d" * 11)}),
        ("consent_changed", T0, {"analytics": True, "marketing": True}),
        ("survey_answered", T0 + 6 * MINUTE, {"campaign": "s", "arm": "a", "question": "main", "value": 7}),
    ]
    entries: list[Entry] = [
        (
            "batch",
            T0 + 10 * MINUTE,
            batch(step, src=f"source{i:05d}", sid="abcdefghij" + str(i % 3), sent=T0 + 10 * MINUTE),
        )
        for i, step in enumerate(steps)
    ]
    entries.append(("order", T0 + 10 * MINUTE, order("1", 2000, T0 + 7 * MINUTE)))
    return entries


@pytest.mark.parametrize("seed", range(40))
def test_order_and_copies_change_nothing(seed: int):
    chance = random.Random(seed)
    ordered, ordered_effects = fold(story())
    shuffled = story() * 3
    chance.shuffle(shuffled)
    state, effects = fold(shuffled)
    assert hours(effects) == hours(ordered_effects)
    assert lift(effects) == lift(ordered_effects)
    pack = msgspec.msgpack.Encoder(order="sorted").encode
    assert pack(state) == pack(ordered)


@pytest.mark.parametrize(
    "fields",
    [
        {b"s": b"demo", b"k": b"batch", b"t": b"1", b"d": b"{"},
        {b"s": b"demo", b"k": b"nonsense", b"t": b"1", b"d": b"{}"},
        {b"s": b"demo", b"k": b"order", b"t": b"1", b"d": b"\xff"},
        {b"k": b"order"},
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_read_is_told_of_and_raises_nothing_else(fields: dict[bytes, bytes]):
    with pytest.raises(Poison):
        read_fact(b"1-0", fields)


def test_the_cart_id_is_the_carts_name():
    assert fold(with_cart())[0].carts.keys() == {CART}
