"""Quiet hours: when a shopper is left alone, by the clock on their own wall. Pure.

Each moment is judged alone, by what the wall shows: of an hour that a change of the clocks repeats both are
quiet, and where one is left out quiet ends as soon as the wall shows a time that is not. So the end is looked
for minute by minute, and never computed by adding hours. Within a quarter of an hour no clock is changed:
every change since 1972 came at a full quarter of UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from heimta.rules.schedule import in_span

MINUTE_MS = 60_000
DAY_MIN = 24 * 60
_LOOK_AHEAD_MS = 50 * 60 * MINUTE_MS  # two nights, a change of the clocks, and a day that a zone left out
_QUARTER_MS = 15 * MINUTE_MS


@lru_cache(maxsize=512)
def zone_of(*names: str) -> tzinfo:
    """The first of the names that is a timezone; UTC if none is. Browsers know names that we do not."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; a path; a folder of zones, `Europe`
            continue
    return UTC


def wall_minute(zone: tzinfo, at: int) -> int:
    """Which minute of the day the wall shows. at: ms since the epoch."""
    wall = datetime.fromtimestamp(at // 1000, UTC).astimezone(zone)
    return wall.hour * 60 + wall.minute


def is_quiet(span: str, zone: tzinfo, at: int) -> bool:
    """span: `21:00-08:00`; '' is never quiet."""
    return bool(span) and in_span(span, wall_minute(zone, at))


def loud_from(span: str, zone: tzinfo, now: int) -> int:
    """When a message that is held now may go: the first minute that is not quiet, ms; `now` if it is none."""
    if not is_quiet(span, zone, now):
        return now
    for quarter in range(now - now % _QUARTER_MS, now + _LOOK_AHEAD_MS, _QUARTER_MS):
        shown = wall_minute(zone, quarter)
        for minute in range(15):
            at = quarter + minute * MINUTE_MS
            if at > now and not in_span(span, (shown + minute) % DAY_MIN):
                return at
    return now + _LOOK_AHEAD_MS  # `heimta apply` takes no span that is never over
