"""A schedule is open by the shop's wall clock, in the browser and on the server alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from heimta.model.campaign import Schedule
from heimta.rules.schedule import instant, is_open, opens, overlaps
from heimta.rules.when import compile_when
from tests.worker.shop import CAMPAIGN

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "schedule.json").read_text("utf-8"))
BERLIN = "Europe/Berlin"


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_every_vector_is_agreed_with():
    wrong = [
        case
        for case in VECTORS["cases"]
        if is_open(msgspec.convert(case[1], Schedule), case[0], case[2]) is not case[3]
    ]
    assert wrong == []
    assert len(VECTORS["cases"]) == 1100
    assert sum(case[3] for case in VECTORS["cases"]) > len(VECTORS["cases"]) / 4


def test_the_browser_gets_what_the_vectors_say():
    for zone, schedule, _, _, expected in VECTORS["cases"]:
        when = compile_when(replace(CAMPAIGN, schedule=msgspec.convert(schedule, Schedule)), zone)
        wire = json.loads(msgspec.json.encode(when.get("schedule", {"zone": zone})))
        assert wire == expected


@pytest.mark.parametrize(
    ("day", "is_end", "expected"),
    [
        ("2026-07-01", False, "2026-06-30T22:00"),
        ("2026-07-01", True, "2026-07-01T22:00"),
        ("2026-12-01T09:30", False, "2026-12-01T08:30"),
        ("2026-12-01T09:30", True, "2026-12-01T08:30"),
        ("9999-12-31", True, "9999-12-31T23:00"),  # never, as many write it
        ("2026-03-29T02:30", False, "2026-03-29T01:30"),  # left out: 3:30 by the new clock
        ("2026-10-25T02:30", False, "2026-10-25T00:30"),  # comes twice: the first
    ],
)
def test_an_instant_of_the_wall(day: str, is_end: bool, expected: str):
    assert instant(day, BERLIN, is_end=is_end) == at(expected)


def test_the_hour_that_the_clock_leaves_out_never_comes_and_the_one_it_repeats_comes_twice():
    night = Schedule(hours=("02:00-03:00",))
    spring = [is_open(night, BERLIN, at(f"2026-03-29T{h:02}:30")) for h in range(4)]
    autumn = [is_open(night, BERLIN, at(f"2026-10-25T{h:02}:30")) for h in range(4)]
    assert spring == [False, False, False, False]
    assert autumn == [True, True, False, False]


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        (Schedule(), "2026-11-22T10:00", "2026-11-22T10:00"),
        (Schedule(starts="2026-12-01"), "2026-11-22T10:00", "2026-11-30T23:00"),
        (Schedule(ends="2026-11-21"), "2026-11-22T10:00", None),
        (Schedule(ends="2026-11-22"), "2026-11-22T10:00", "2026-11-22T10:00"),
        (Schedule(days=("mon",), hours=("09:00-10:00",)), "2026-11-22T10:00", "2026-11-23T08:00"),
        (Schedule(starts="2026-11-24", ends="2026-11-25", days=("mon",)), "2026-11-22T10:00", None),
        (Schedule(hours=("02:00-03:00",)), "2026-03-29T00:30", "2026-03-29T01:30"),
    ],
)
def test_when_it_opens_next(schedule: Schedule, now: str, expected: str | None):
    found = opens(schedule, BERLIN, at(now))
    if schedule.hours == ("02:00-03:00",):
        assert found is not None and is_open(schedule, BERLIN, found) and found > at("2026-03-29T12:00")
    else:
        assert found == (None if expected is None else at(expected))


def test_spans_that_overlap():
    assert overlaps(("09:00-12:00", "11:00-13:00"))
    assert overlaps(("22:00-02:00", "01:00-03:00"))
    assert not overlaps(("09:00-12:00", "12:00-13:00", "22:00-02:00"))
