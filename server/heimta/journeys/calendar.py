"""Days by the clock on the shop's wall: so many days after a fact, and its anniversaries. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from heimta.rules.schedule import instant


def days_after(since: int, days: int, zone: str) -> int:
    """The same time of day so many days later, ms: an hour more or less where the clocks change between."""
    wall = _wall(since, zone)
    return instant((wall + timedelta(days=days)).isoformat(), zone)


def anniversary(since: int, after: int, zone: str) -> int:
    """The first anniversary of `since` that comes later than `after`, both ms. Of 29 February: the 28th."""
    wall = _wall(since, zone)
    year = max(wall.year, _wall(after, zone).year) if after else wall.year
    while True:
        at = instant(datetime.combine(_day_in(wall.date(), year), wall.time()).isoformat(), zone)
        if year > wall.year and at > after:
            return at
        year += 1


def _wall(at: int, zone: str) -> datetime:
    """What the wall shows, to the second."""
    return datetime.fromtimestamp(at // 1000, ZoneInfo(zone)).replace(tzinfo=None)


def _day_in(day: date, year: int) -> date:
    leaps = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) and not leaps else day.replace(year=year)
