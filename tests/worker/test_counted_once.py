"""Counted once: whatever the deliveries, the state and the figures are those of the ordered run.

The property is stated in ARCHITECTURE.md; the stories are made up by loadtest/stories.py, and Hypothesis
finds the smallest one that breaks it. `make chaos` tells many more, through the real store.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heimta.ingest.entry import RelayNote
from heimta.model.visitor import (
    KEEP_CARTS,
    KEEP_MS,
    KEEP_ORDERS,
    KEEP_SESSIONS,
    KEEP_SOURCES,
    VisitorState,
)
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import read_fact
from heimta.worker.seen import MAX_EDGES
from heimta.worker.timers import fire, next_due
from loadtest.stories import DAY, HOUR, Phases, Told, again, once, tell
from loadtest.stories_shop import CONTEXT, OTHERS, TOKENS
from tests.worker.shop import MINUTE, T0, batch, cart, order

VISITOR = "v" * 22
DEEP = int(os.environ.get("HEIMTA_DEEP", "1"))  # how many times as many examples
QUICK = settings(
    max_examples=100 * DEEP,
    deadline=None,
    derandomize=DEEP == 1,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

_pack = msgspec.msgpack.Encoder(order="sorted").encode
_unpack = msgspec.msgpack.Decoder(VisitorState).decode


@dataclass
class Run:
    """What a way of delivering led to."""

    context: ShopContext = CONTEXT
    state: bytes = b""
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lift: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    messages: list[str] = field(default_factory=list)

    def tell(self, told: Told) -> None:
        effects = Effects()
        fields = {
            b"s": told.shop.encode(),
            b"k": told.kind.encode(),
            b"t": b"%d" % told.received,
            b"d": told.data,
            b"u": told.agent,
        }
        fact = read_fact(b"1-0", fields)
        state = _unpack(self.state) if self.state else None
        state = apply_fact(state, fact, context=self.context, effects=effects, restored=TOKENS)
        self._keep(state, effects)

    def fire(self, now: int) -> None:
        if not self.state:
            return
        state, effects = _unpack(self.state), Effects()
        fire(state, context=self.context, effects=effects, now=now)
        state.next_due = next_due(state, self.context)
        self._keep(state, effects)

    def _keep(self, state: VisitorState, effects: Effects) -> None:
        self.state = _pack(state)
        for (shop, day), fields in effects.counts.items():
            for name, by in fields.items():
                self.counts[(shop, day, name)] += by
        for (shop, exposure), fields in effects.lift.items():
            for name, by in fields.items():
                self.lift[(shop, exposure, name)] += by
        self.messages += [message.id for message in effects.messages]

    def figures(self) -> tuple[dict[tuple[str, str, str], int], dict[tuple[str, str, str], int]]:
        return {k: v for k, v in self.counts.items() if v}, {k: v for k, v in self.lift.items() if v}


def run(phases: Phases, context: ShopContext = CONTEXT) -> Run:
    done = Run(context)
    for close, entries in phases:
        for told in entries:
            done.tell(told)
        done.fire(close)
    return done


def same(ordered: Run, other: Run) -> None:
    assert other.figures() == ordered.figures()
    assert other.messages == ordered.messages
    assert words(other.state) == words(ordered.state)  # says where they differ
    assert other.state == ordered.state


def words(state: bytes) -> object:
    return msgspec.to_builtins(_unpack(state)) if state else None


@QUICK
@given(st.randoms(use_true_random=False))
def test_copies_shuffles_late_and_parted_batches_change_nothing(chance: random.Random) -> None:
    story = tell(chance, VISITOR)
    same(run(once(story)), run(again(chance, story)))


@pytest.mark.parametrize("seed", range(150 * DEEP))
def test_order_and_copies_change_nothing(seed: int) -> None:
    """Seeded as well: Hypothesis likes small stories, and some faults need a long one."""
    chance = random.Random(seed)
    story = tell(chance, VISITOR, days=1 + seed % 3, loads=1 + seed % 9)
    same(run(once(story)), run(again(chance, story, copies=3)))


def totals(done: Run) -> Counter[str]:
    """Counters of all hours together."""
    sums: Counter[str] = Counter()
    for (_, _, name), by in done.counts.items():
        sums[name.partition(":")[2]] += by
    return sums


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("skew", [-26 * HOUR, -61_000, 61_000, 400 * DAY])
def test_a_browser_whose_clock_is_wrong_is_counted_once_too(seed: int, skew: int) -> None:
    """Beyond a minute a copy's time is its delivery's; no counter may double, and money is exact."""
    chance = random.Random(seed)
    story = tell(chance, VISITOR, days=1, loads=6)
    story.skew = skew
    ordered, other = totals(run(once(story))), totals(run(again(chance, story)))
    told_by = {"page_viewed", "cart_updated", "campaign_exposed", "visitors", "sessions", "carts", "orders"}
    assert {name: other[name] for name in told_by} == {name: ordered[name] for name in told_by}
    for name in ("orders_minor.EUR", "orders_minor.HUF"):
        assert other[name] == ordered[name]


Many = Callable[[int], tuple[str, str, str, dict[str, object]]]  # number -> source, session, name, props


def _pages(i: int) -> tuple[str, str, str, dict[str, object]]:
    return f"source-{i:04d}", "s" * 11, "page_viewed", {}


def _visits(i: int) -> tuple[str, str, str, dict[str, object]]:
    return "source-0000", f"session{i:04d}", "page_viewed", {}


def _carts(i: int) -> tuple[str, str, str, dict[str, object]]:
    return "source-0000", "s" * 11, "cart_updated", {"cart": cart(500, cart_id=f"cart-{i:06d}")}


@pytest.mark.parametrize(
    ("many", "count", "metric"),
    [
        (_pages, KEEP_SOURCES + 60, "page_viewed"),
        (_visits, KEEP_SESSIONS + 40, "sessions"),
        (_carts, KEEP_CARTS + 15, "carts"),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_nothing_counts_twice_when_there_is_more_than_is_kept(
    many: Many, count: int, metric: str, seed: int
) -> None:
    """What is forgotten is passed over when it comes again; all of it counts when it comes in order."""
    batches = []
    for i in range(count):
        src, sid, name, props = many(i)
        body = batch((name, T0 + i * MINUTE, props), vid=VISITOR, src=src, sid=sid, first=i)
        batches.append(Told("batch", T0 + i * MINUTE, body))
    assert totals(run([(0, batches)]))[metric] == count
    mixed = batches * 3
    random.Random(seed).shuffle(mixed)
    for entries in (batches * 3, mixed):
        done = totals(run([(0, entries)]))
        assert 0 < done[metric] <= count
        assert done["page_viewed"] + done["cart_updated"] <= count


def test_carts_of_endless_lines_take_the_oldest_with_them() -> None:
    """Whoever makes them up makes a state that is small enough to be read and written at each event."""
    batches = []
    for i in range(KEEP_CARTS):
        told = cart(500, cart_id=f"cart-{i:06d}")
        line = {"sku": "hat", "name": "h" * 200, "qty": 1, "url": "u" * 1000, "image": "i" * 1000}
        body = batch(
            ("cart_updated", T0 + i * MINUTE, {"cart": {**told, "lines": [line] * 25}}), vid=VISITOR, first=i
        )
        batches.append(Told("batch", T0 + i * MINUTE, body))
    once, twice = run([(0, batches)]), run([(0, batches * 2)])
    assert len(once.state) < 300_000 and once.state == twice.state
    assert [*_unpack(once.state).carts] == [f"cart-{i:06d}" for i in range(KEEP_CARTS - 4, KEEP_CARTS)]
    assert totals(once)["carts"] == totals(twice)["carts"] == KEEP_CARTS


@pytest.mark.parametrize("seed", range(2))
def test_no_order_earns_twice_when_there_are_more_than_are_kept(seed: int) -> None:
    count = KEEP_ORDERS + 30
    exposure = {"campaign": "exit-offer", "arm": "ten", "p": 5000}
    met = Told("batch", T0, batch(("campaign_exposed", T0, exposure), vid=VISITOR))
    orders = [
        Told("order", T0 + i, order(f"{i}", 100, T0 + i * MINUTE, visitor=VISITOR)) for i in range(count)
    ]
    ordered = run([(0, [met, *orders, *orders])])
    assert totals(ordered)["orders_minor.EUR"] == count * 100
    assert ordered.lift[("demo", "exit-offer", "ten|revenue_minor")] == count * 100
    mixed = [met, *orders] * 3
    random.Random(seed).shuffle(mixed)
    done = run([(0, mixed)])
    assert KEEP_ORDERS <= totals(done)["orders"] <= count
    assert done.lift[("demo", "exit-offer", "ten|revenue_minor")] <= count * 100


def test_a_source_with_more_gaps_than_are_kept_counts_nothing_twice() -> None:
    numbers = list(range(0, 3 * MAX_EDGES, 2))
    batches = [
        Told("batch", T0 + n, batch(("page_viewed", T0 + n, {}), vid=VISITOR, first=n)) for n in numbers
    ]
    done = totals(run([(0, batches * 2)]))
    assert MAX_EDGES / 2 <= done["page_viewed"] <= len(numbers)


def test_an_event_that_is_later_than_its_copies_are_remembered_is_passed_over() -> None:
    early = Told("batch", T0, batch(("page_viewed", T0, {}), vid=VISITOR))
    after = Told(
        "batch",
        T0 + KEEP_MS,
        batch(("page_viewed", T0 + KEEP_MS, {}), vid=VISITOR, src="a" * 11),
    )
    assert totals(run([(0, [early, after, early])]))["page_viewed"] == 2
    assert totals(run([(0, [after, early])]))["page_viewed"] == 1


def test_a_copy_just_over_midnight_is_known_though_its_clock_is_wrong() -> None:
    """Two deliveries of one event of a browser that is hours ahead, one slower: it falls into another day."""
    midnight = (T0 // DAY + 1) * DAY
    sent = midnight + 5 * HOUR
    body = batch(("page_viewed", sent, {}), vid=VISITOR, sent=sent)
    received = midnight - 60_000 - 500
    quick, slow = Told("batch", received, body), Told("batch", received + 1000, body)
    for pair in ([quick, slow], [slow, quick]):
        assert totals(run([(0, pair)]))["page_viewed"] == 1


def test_an_order_told_in_two_ways_counts_once_and_the_smaller() -> None:
    first = Told("order", T0, order("1", 700, T0, visitor=VISITOR))
    second = Told("order", T0 + 5, order("1", 300, T0, visitor=VISITOR))
    same(run([(T0, [first, second])]), run([(T0, [second, first, second])]))
    assert totals(run([(T0, [first, second])]))["orders_minor.EUR"] == 300


def test_an_order_of_two_times_is_of_the_earlier_and_of_the_smaller_sum() -> None:
    """Placed, paid for two days later, and sent back in part after that: the shop's time moved in between."""
    placed = Told("order", T0, order("1", 700, T0, visitor=VISITOR))
    paid = Told("order", T0 + 5, order("1", 700, T0 + 48 * HOUR, visitor=VISITOR))
    sent_back = Told("order", T0 + 9, order("1", 300, T0 + 48 * HOUR, visitor=VISITOR))
    ordered = run([(T0, [placed, paid, sent_back])])
    for other in ([sent_back, paid, placed], [paid, placed, sent_back, paid]):
        same(ordered, run([(T0, other)]))
    assert (totals(ordered)["orders"], totals(ordered)["orders_minor.EUR"]) == (1, 300)


@pytest.mark.parametrize("way", [*permutations(range(3))])
def test_of_an_order_that_changes_the_sum_of_the_last_change_counts_whichever_came_last(
    way: tuple[int, ...],
) -> None:
    """A debit failed and it was paid otherwise; then a part of it was sent back, and another sent for it."""
    changes = [(700, 0), (0, 1), (650, 2)]
    told = [Told("order", T0, order("1", minor, T0, changed_at=T0 + n * HOUR)) for minor, n in changes]
    same(run([(T0, told)]), run([(T0, [told[n] for n in way])]))
    counted = totals(run([(T0, [told[n] for n in way] + told[:2])]))
    assert (counted["orders"], counted["orders_minor.EUR"]) == (1, 650)


def test_what_tells_of_no_change_never_displaces_what_does() -> None:
    changed = Told("order", T0, order("1", 700, T0, changed_at=T0))
    plain = Told("order", T0, order("1", 300, T0))
    for told in ([changed, plain], [plain, changed]):
        assert totals(run([(T0, told)]))["orders_minor.EUR"] == 700


def test_of_two_relayed_orders_of_one_browser_the_earlier_counts_whichever_came_first() -> None:
    def relayed(name: str, at: int) -> Told:
        note = RelayNote(VISITOR, OTHERS[0], name, 500, "EUR", at)
        return Told("relay", T0 + 9 * HOUR, msgspec.json.encode(note))

    left = Told("batch", T0, batch(("cart_updated", T0, {"cart": cart(500)}), vid=VISITOR))
    one, two = relayed("1", T0 + 2 * HOUR), relayed("2", T0 + 3 * HOUR)
    begun = [(T0 + HOUR, [left])]
    ordered = run([*begun, (T0 + 10 * HOUR, [one, two])])
    same(ordered, run([*begun, (T0 + 10 * HOUR, [two, one, two])]))
    assert totals(ordered)["recovered"] == 1
