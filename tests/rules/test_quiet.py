"""Quiet hours are by the shopper's own wall, on the nights when clocks change as well."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heimta.rules.quiet import MINUTE_MS, is_quiet, loud_from, zone_of

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "UTC",
)
CLOCKS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 5, 15, 30, 50)]


def ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def wall(zone: str, at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")


@pytest.mark.parametrize(
    ("span", "zone", "now", "until"),
    [
        ("21:00-08:00", "Europe/Berlin", "2026-07-01T20:59:59+02:00", None),
        ("21:00-08:00", "Europe/Berlin", "2026-07-01T21:00:00+02:00", "2026-07-02T08:00:00+02:00"),
        ("21:00-08:00", "Europe/Berlin", "2026-07-02T07:59:59+02:00", "2026-07-02T08:00:00+02:00"),
        # The night has 11 hours in autumn and 9 in spring, and ends when the wall shows eight.
        ("21:00-08:00", "Europe/Berlin", "2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"),
        ("21:00-08:00", "Europe/Berlin", "2027-03-27T23:00:00+01:00", "2027-03-28T08:00:00+02:00"),
        # The wall goes from 01:59 to 03:00: it never shows 02:30, and is loud at three.
        ("22:00-02:30", "Europe/Berlin", "2027-03-28T01:10:00+01:00", "2027-03-28T03:00:00+02:00"),
        # It shows 02:00 to 03:00 twice: loud from the first half past two, quiet again, then loud.
        ("22:00-02:30", "Europe/Berlin", "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+02:00"),
        ("22:00-02:30", "Europe/Berlin", "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"),
        # By half an hour, on Lord Howe.
        ("22:00-02:10", "Australia/Lord_Howe", "2027-04-04T01:55:00+10:30", "2027-04-04T02:10:00+10:30"),
        ("00:00-24:00", "UTC", "2026-07-01T12:00:00+00:00", "2026-07-03T14:00:00+00:00"),
        ("", "UTC", "2026-07-01T03:00:00+00:00", None),
    ],
)
def test_a_message_waits_until_the_wall_shows_the_end(
    span: str, zone: str, now: str, until: str | None
) -> None:
    assert loud_from(span, zone_of(zone), ms(now)) == ms(until or now)


@given(
    st.sampled_from(ZONES),
    st.sampled_from(CLOCKS),
    st.sampled_from(CLOCKS),
    st.integers(ms("2026-01-01T00:00:00+00:00"), ms("2030-01-01T00:00:00+00:00")),
)
@example("Europe/Berlin", "21:00", "02:30", ms("2026-10-25T00:10:00+02:00"))
@example("Australia/Lord_Howe", "01:00", "02:15", ms("2027-04-04T01:10:00+11:00"))
def test_it_is_the_first_minute_that_is_not_quiet(zone: str, begin: str, end: str, now: int) -> None:
    if begin == end:
        return  # quiet for ever: `heimta apply` refuses it
    known, span = zone_of(zone), f"{begin}-{end}"

    def quiet(at: int) -> bool:
        shown = wall(zone, at)
        return begin <= shown < end if begin < end else shown >= begin or shown < end

    loud = loud_from(span, known, now)
    assert not quiet(loud) and loud >= now
    assert is_quiet(span, known, now) == quiet(now) == (loud != now)
    minutes = range(now - now % MINUTE_MS + MINUTE_MS, loud, MINUTE_MS)
    assert all(quiet(at) for at in minutes[:: max(1, len(minutes) // 40)]), "nobody waits longer than needed"
    assert loud == now or quiet(loud - MINUTE_MS)


@pytest.mark.parametrize(
    "bad", ["", "Europe", "../etc/passwd", "/etc/passwd", "Nowhere/At_All", "x" * 64, "posix"]
)
def test_a_zone_that_is_none_gives_way_to_the_shops(bad: str) -> None:
    assert str(zone_of(bad, "Europe/Berlin")) == "Europe/Berlin"
    assert zone_of(bad) is UTC
