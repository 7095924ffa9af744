"""Days as the shop lives them. Counters are kept by UTC hour; a report groups them into the shop's own days.

An hour belongs to the day it begins in, so where the clock is off by 30 or 45 minutes (India, Nepal) up to
an hour's worth falls on the day before. A total over whole days is not touched by this except at its ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Hours = Mapping[str, Mapping[int, Counter[str]]]  # UTC day yyyymmdd -> hour -> metric -> count


def last_days(now: int, count: int, zone: ZoneInfo) -> list[date]:
    """The last `count` days of the shop, today included and last. now: ms since the epoch."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    return [today - timedelta(days=back) for back in reversed(range(count))]


def utc_days(days: list[date]) -> list[str]:
    """The UTC days that hold these days' hours in any timezone: one more at either end."""
    first, last = days[0] - timedelta(days=1), days[-1] + timedelta(days=1)
    return [f"{first + timedelta(days=n):%Y%m%d}" for n in range((last - first).days + 1)]


def by_day(hours: Hours, days: list[date], zone: ZoneInfo) -> dict[date, Counter[str]]:
    """Sum UTC hours into the shop's days. Other days' hours are left out; a quiet day is an empty counter."""
    sums: dict[date, Counter[str]] = {day: Counter() for day in days}
    for utc_day, counts in hours.items():
        midnight = datetime.strptime(utc_day, "%Y%m%d").replace(tzinfo=UTC)
        for hour, counter in counts.items():
            local = (midnight + timedelta(hours=hour)).astimezone(zone).date()
            if local in sums:
                sums[local].update(counter)
    return sums
