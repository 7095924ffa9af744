"""Write delivery.json: promises that the browser must reckon as Python's zoneinfo does.

    python tests/vectors/make_delivery.py

An implementation of its own, by dates and wall clocks, so that a slip in widgets/src/tweaks/promise.ts
cannot write itself into the vectors. Half of the instants lie within hours of a change of the clock, of a
cut-off or of midnight; cut-offs of 02:30 come twice on some of those nights, and on others not at all.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Atlantic/Reykjavik",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Los_Angeles",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Australia/Sydney",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Chatham",  # 12:45 ahead, 13:45 in summer
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
EPOCH = date(1970, 1, 1)
FIRST, DAYS = date(2026, 1, 1), 460


def changes(zone: ZoneInfo) -> list[int]:
    """Instants, in seconds, at which the clock is put forward or back."""
    found = []
    begin = int(datetime(2026, 1, 2, tzinfo=UTC).timestamp())
    for second in range(begin, begin + 400 * 86400, 1800):
        before, after = (datetime.fromtimestamp(at, zone).utcoffset() for at in (second - 1800, second))
        if before != after:
            found.append(second)
    return found


def promised(
    now_ms: int, zone: ZoneInfo, days: str, cut_off: int, handling: int, transit: tuple[int, int]
) -> list[int] | None:
    """[ms until when to order, first day, last day], days since 1970; None past the end of the calendar."""
    leaving = [FIRST + timedelta(days=n) for n, what in enumerate(days) if what in "13"]
    arriving = [FIRST + timedelta(days=n) for n, what in enumerate(days) if what in "23"]

    def deadline(day: date) -> datetime:
        return datetime.combine(day, time(cut_off // 60, cut_off % 60), tzinfo=zone).astimezone(UTC)

    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    today = now.astimezone(zone).date()
    open_days = [day for day in leaving if day > today or (day == today and now < deadline(day))]
    if len(open_days) <= handling:
        return None
    ordered, left = open_days[0], open_days[handling]
    dates = []
    for n in transit:
        later = [day for day in arriving if day > left] if n else [day for day in arriving if day >= left]
        index = n - 1 if n else 0
        if len(later) <= index:
            return None
        dates.append((later[index] - EPOCH).days)
    return [int(deadline(ordered).timestamp() * 1000), *dates]


def calendars(draw: random.Random) -> list[str]:
    weeks = ["3333300", "3333320", "3333333", "1111122", "3030320", "0200300", "1010100"]
    made = []
    for week in weeks:
        # 1 January 2026 is a Thursday.
        plain = [week[(n + 3) % 7] for n in range(DAYS)]
        made.append("".join(plain))
        made.append("".join("0" if draw.random() < 0.08 else one for one in plain))
    # A calendar in which nothing arrives: no promise, rather than a wrong one.
    return made


def main() -> None:
    draw = random.Random(20261122)
    tables = calendars(draw)
    cases = []
    for name in ZONES:
        zone = ZoneInfo(name)
        nights = changes(zone)
        for _ in range(110):
            cut_off = draw.choice([0, 90, 120, 150, 179, 180, 540, 900, 1080, 1439])
            table = draw.randrange(len(tables))
            handling, least = draw.randrange(4), draw.randrange(4)
            transit = (least, least + draw.randrange(3))
            day = FIRST + timedelta(days=draw.randrange(1, 400))
            wall = datetime.combine(day, time(cut_off // 60, cut_off % 60), tzinfo=zone)
            around = [int(wall.timestamp()), draw.choice(nights) if nights else int(wall.timestamp())]
            second = draw.choice(around) + draw.choice([-1, 0, 1, 59, -3601, 1800, 3599, 7200, -40000, 90000])
            now_ms = second * 1000 + draw.choice([0, 0, 1, 999])
            expected = promised(now_ms, zone, tables[table], cut_off, handling, transit)
            cases.append([ZONES.index(name), table, cut_off, handling, *transit, now_ms, expected])
    start = (FIRST - EPOCH).days
    whole = {"zones": ZONES, "start": start, "calendars": tables, "cases": cases}
    place = Path(__file__).parent / "delivery.json"
    place.write_text(json.dumps(whole, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
