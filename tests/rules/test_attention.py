"""The limits on one person's attention, by hand and by whole weeks."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from heimta.model.attention import Limits, Touch, Touches
from heimta.model.campaign import Attention
from heimta.model.providers import Facebook
from heimta.rules.apply import check, notes
from heimta.rules.attention import (
    DAY_MS,
    HOUR_MS,
    KEEP,
    WEEK_MS,
    Held,
    held_by,
    is_told,
    kept,
    limits_of,
    with_message,
    without_message,
)
from tests.worker.shop import SHOP

NOW = 1_800_000_000_000
WIDE = limits_of(Attention(messages_per_day=20, messages_per_week=100, apart_h=0, all_per_day=40, apart_s=0))


def sent(*hours_ago: float) -> Touches:
    return tuple(Touch(NOW - round(ago * HOUR_MS), f"m{n}", "message") for n, ago in enumerate(hours_ago))


def limits(**changes: object) -> Limits:
    return structs.replace(WIDE, **changes)


@pytest.mark.parametrize(
    ("changes", "touches", "rule", "in_h"),
    [
        ({"messages_per_day": 2}, sent(1), "", 0),
        ({"messages_per_day": 2}, sent(1, 5), "messages_per_day", 19),
        ({"messages_per_day": 2}, sent(1, 5, 20), "messages_per_day", 19),
        ({"messages_per_day": 2}, sent(1, 24), "", 0),
        ({"messages_per_week": 3}, sent(1, 50, 160), "messages_per_week", 8),
        ({"apart_h": 4}, sent(1.5), "apart_h", 2.5),
        ({"apart_h": 4}, sent(4), "", 0),
        ({"apart_h": 4}, sent(1, 3), "apart_h", 3),
        # Two workers' clocks: what lies a little ahead keeps its distance.
        ({"apart_h": 4}, sent(-0.5), "apart_h", 4.5),
        ({"all_per_day": 2}, (*sent(2), Touch(NOW - 3 * HOUR_MS, "s.1", "shown")), "all_per_day", 21),
        ({"messages_per_day": 1}, (Touch(NOW - HOUR_MS, "s.1", "shown"),), "", 0),
        ({"apart_s": 7200}, (Touch(NOW - HOUR_MS, "s.1", "shown"),), "apart_s", 1),
        ({"apart_h": 4, "all_per_day": 1}, (Touch(NOW - 1, "o", "service"),), "", 0),
        # Of two limits the one that lasts longer.
        ({"apart_h": 4, "messages_per_day": 1}, sent(1), "messages_per_day", 23),
    ],
)
def test_a_limit_holds_until_there_is_room(
    changes: dict[str, object], touches: Touches, rule: str, in_h: float
) -> None:
    until = NOW + round(in_h * HOUR_MS) if rule else 0
    assert held_by(touches, limits(**changes), "mine", now=NOW) == Held(rule, until)


def test_a_message_does_not_stand_in_its_own_way() -> None:
    strict = limits(messages_per_day=1, messages_per_week=1, apart_h=24, all_per_day=1)
    assert held_by(sent(1), strict, "m0", now=NOW) == Held()
    touches = with_message(sent(1), Touch(NOW, "m0", "message"))
    assert touches == (Touch(NOW, "m0", "message"),)
    assert without_message(touches, "m0") == ()


def test_one_person_is_told_once() -> None:
    told = (Touch(NOW, "m1", "service", "order/thanks/1001"),)
    assert is_told(told, "order/thanks/1001", "m2")
    assert not is_told(told, "order/thanks/1001", "m1"), "its own second try"
    assert not is_told(told, "order/thanks/1002", "m2")
    assert not is_told(sent(1), "", "m2"), "carts are each their own"


def test_what_no_window_holds_is_forgotten_and_the_rest_is_bounded() -> None:
    old = (Touch(NOW - WEEK_MS, "a", "message"), Touch(NOW - DAY_MS, "b", "shown"))
    young = (Touch(NOW - WEEK_MS + 1, "c", "message"), Touch(NOW - DAY_MS + 1, "d", "shown"))
    assert kept((*young, *old, *young), now=NOW) == young
    many = tuple(Touch(NOW - n, f"m{n}", "message") for n in range(KEEP + 9))
    assert kept(many, now=NOW)[-1].at == NOW and len(kept(many, now=NOW)) == KEEP


@given(
    st.integers(1, 4),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.5, 2.0, 30.0]),
    st.lists(st.integers(0, 3 * DAY_MS), max_size=20),
)
def test_whoever_waits_as_long_as_told_breaks_nothing(
    per_day: int, per_week: int, apart_h: float, wishes: list[int]
) -> None:
    attention = limits(messages_per_day=per_day, messages_per_week=per_week, apart_h=apart_h)
    touches: Touches = ()
    waiting = sorted((NOW + wish, n) for n, wish in enumerate(wishes))
    while waiting:
        now, number = waiting.pop(0)
        held = held_by(touches, attention, str(number), now=now)
        if held.rule:
            assert held.until > now
            waiting = sorted([*waiting, (held.until, number)])
        else:
            touches = tuple(sorted((*touches, Touch(now, str(number), "message"))))
    times = [touch.at for touch in touches]
    assert len(times) == len(wishes)
    for at in times:
        assert sum(at - DAY_MS < other <= at for other in times) <= per_day
        assert sum(at - WEEK_MS < other <= at for other in times) <= per_week
    gaps = [late - early for early, late in pairwise(times)]
    assert all(gap >= apart_h * HOUR_MS for gap in gaps)


@pytest.mark.parametrize(
    ("attention", "said"),
    [
        ({"quiet": "08:00-08:00"}, "attention.quiet is '08:00-08:00'; it is never over"),
        ({"quiet": "00:00-24:00"}, "attention.quiet is '00:00-24:00'; it is never over"),
        ({"messages_per_day": 9}, "attention.messages_per_day is 9 and messages_per_week 8"),
        ({"messages_per_day": 3, "all_per_day": 2}, "messages_per_day could never be reached"),
    ],
)
def test_limits_that_say_something_else_than_meant_are_refused(
    attention: dict[str, object], said: str
) -> None:
    shop = msgspec.structs.replace(SHOP, attention=Attention(**attention))  # type: ignore[arg-type]
    assert any(said in fault for fault in check(shop))


def test_a_shop_that_wakes_people_is_told_of_quiet_hours() -> None:
    plain = msgspec.structs.replace(SHOP, facebook=Facebook(page="1"))
    assert any("quiet: 21:00-08:00" in note for note in notes(plain))
    assert notes(msgspec.structs.replace(plain, attention=Attention(quiet="21:00-08:00"))) == []
    assert notes(SHOP) == []
