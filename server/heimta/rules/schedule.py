"""Whether a campaign's schedule is open: by the clock on the shop's wall, whatever its timezone does to that.

The browser judges by the same rules (snippet/src/rules/schedule.ts); both are held to
tests/vectors/schedule.json. Each moment is judged alone, by the day and the time that the wall shows: an hour
that a change of the clock leaves out never comes, and one that it repeats counts twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from heimta.model.campaign import Schedule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LAST = datetime.max - timedelta(days=1)  # 9999-12-31 is how many write "never"
HORIZON_DAYS = 400  # a schedule that is not open once in this time is never open


def minutes(span: str) -> tuple[int, int]:
    """`09:00-17:30` -> (540, 1050)."""
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-"))
    return begin, end


def in_span(span: str, minute: int) -> bool:
    """Whether a minute of the day is in the span; one that ends before it begins goes over midnight."""
    begin, end = minutes(span)
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def instant(day: str, zone: str, *, is_end: bool = False) -> int:
    """ms since the epoch at which the shop's wall shows this day, or day and time.

    is_end: a day alone then is included, so its end is meant. A time that the clocks leave out is taken as if
    they had not been changed; of one that they repeat, the first is taken.
    Raises ValueError for a day that is in no calendar.
    """
    wall = datetime.fromisoformat(day)
    if is_end and "T" not in day:
        wall = min(wall, _LAST) + timedelta(days=1)
    return round(wall.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


class Ends(NamedTuple):
    """ms since the epoch: from the first, before the second. None: open."""

    begin: int | None
    end: int | None


def ends_of(schedule: Schedule, zone: str) -> Ends:
    return Ends(
        None if schedule.starts is None else instant(schedule.starts, zone),
        None if schedule.ends is None else instant(schedule.ends, zone, is_end=True),
    )


def is_open(schedule: Schedule, zone: str, now: int) -> bool:
    """now: ms since the epoch."""
    begin, end = ends_of(schedule, zone)
    if (begin is not None and now < begin) or (end is not None and now >= end):
        return False
    wall = datetime.fromtimestamp(now // 1000, UTC).astimezone(ZoneInfo(zone))
    if schedule.days and DAYS[wall.weekday()] not in schedule.days:
        return False
    minute = wall.hour * 60 + wall.minute
    return not schedule.hours or any(in_span(span, minute) for span in schedule.hours)


def opens(schedule: Schedule, zone: str, now: int) -> int | None:
    """ms since the epoch at which it is open next, or `now`; None: not within a year, or never again."""
    if is_open(schedule, zone, now):
        return now
    begin, end = ends_of(schedule, zone)
    first = datetime.fromtimestamp(max(now, begin or 0) / 1000, ZoneInfo(zone)).date()
    starts = sorted({0, *(minutes(span)[0] for span in schedule.hours)})
    for n in range(HORIZON_DAYS):
        for minute in starts:
            wall = datetime(first.year, first.month, first.day) + timedelta(days=n, minutes=minute)
            at = max(instant(wall.isoformat(), zone), now, begin or 0)
            if end is not None and at >= end:
                return None
            if is_open(schedule, zone, at):
                return at
    return None


def overlaps(spans: tuple[str, ...]) -> bool:
    """Whether any two of the spans share a minute: a slip of the pen, most likely."""
    if len(spans) < 2:
        return False
    parts = sorted(part for span in spans for part in _parts(*minutes(span)))
    return any(before[1] > after[0] for before, after in pairwise(parts))


def _parts(begin: int, end: int) -> list[tuple[int, int]]:
    return [(begin, end)] if begin < end else [(begin, 24 * 60), (0, end)]
