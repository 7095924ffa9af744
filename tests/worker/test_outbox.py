"""What waits to be sent: at hand when its time has come, each provider's in its own lane."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from heimta.model.message import Message
from heimta.worker.outbox import Lane, Outbox


def message(name: str, *, not_before: int = 0, shop: str = "demo") -> Message:
    return Message(name, shop, "v" * 22, "j", "s", "push", "c", due_at=0, not_before=not_before)


def ready(outbox: Outbox, now: int) -> dict[Lane, list[str]]:
    return {lane: [one.id for one in held] for lane, held in outbox.lanes(now).items()}


def test_it_is_at_hand_from_its_time_on() -> None:
    outbox = Outbox([message("late", not_before=500), message("now")])
    assert [*ready(outbox, 499).values()] == [["now"]]
    assert [*ready(outbox, 500).values()] == [["now", "late"]]


def test_what_is_put_off_is_at_hand_no_more_and_what_is_dropped_is_gone() -> None:
    outbox = Outbox([message("one"), message("two")])
    assert len(outbox.lanes(0)["demo", "push"]) == 2
    outbox.put(message("one", not_before=900))
    assert ready(outbox, 899)["demo", "push"] == ["two"]
    outbox.drop("two")
    assert not outbox.lanes(899) and list(outbox) == ["one"]
    outbox.drop("two")
    assert [*ready(outbox, 900).values()] == [["one"]]


def test_it_says_when_the_next_ones_time_comes() -> None:
    outbox = Outbox([message("a", not_before=700), message("b", not_before=300)])
    assert outbox.next_at == 300
    outbox.lanes(300)
    assert outbox.next_at == 700
    outbox.lanes(700)
    assert outbox.next_at == math.inf


def test_each_shop_and_channel_has_a_lane() -> None:
    outbox = Outbox([message("a"), message("b", shop="other"), replace(message("c"), channel="sms")])
    assert ready(outbox, 0) == {
        ("demo", "push"): ["a"],
        ("other", "push"): ["b"],
        ("demo", "sms"): ["c"],
    }


def test_what_was_tried_goes_before_a_heap_that_was_not() -> None:
    heap = [message(f"first-{n}") for n in range(3)]
    tried = [replace(message(name, not_before=at), tries=1) for name, at in (("b", 20), ("a", 10))]
    outbox = Outbox([*heap, *tried])
    assert ready(outbox, 5)["demo", "push"] == ["first-0", "first-1", "first-2"]
    assert ready(outbox, 10)["demo", "push"] == ["a", "first-0", "first-1", "first-2"]
    assert ready(outbox, 20)["demo", "push"] == ["a", "b", "first-0", "first-1", "first-2"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 0, 5, 10, 20]), st.integers(0, 30))))
def test_it_is_what_a_plain_dictionary_would_be(steps: list[tuple[str, int | None, int]]) -> None:
    outbox, plain = Outbox(), dict[str, Message]()
    now = 0
    for name, not_before, more in steps:
        now += more
        if not_before is None:
            outbox.drop(name)
            plain.pop(name, None)
        else:
            plain[name] = message(name, not_before=now + not_before)
            outbox.put(plain[name])
        assert dict(outbox) == plain
        there = {name for lane in ready(outbox, now).values() for name in lane}
        assert there == {name for name, one in plain.items() if one.not_before <= now}
