"""Write schedule.json: when schedules are open, which the browser and the server must agree on.

    python tests/vectors/make_schedule.py

An implementation of its own: it walks a wall clock minute by minute from a known instant, by the offsets
that the timezone database gives, instead of asking for the wall's time at an instant as ours does. Moments
are drawn around the changes of the clock and around the ends of the schedules, where a slip would be.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

# Far east and west, half hours, a change of half an hour, none at all, at midnight, and one given up.
ZONES = [
    "UTC", "Europe/Berlin", "Atlantic/Reykjavik", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo", "America/Sao_Paulo", "Asia/Kathmandu",
]  # fmt: skip
NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
SPANS = [
    "00:00-24:00",
    "09:00-17:00",
    "02:00-03:00",
    "01:30-02:30",
    "22:00-02:00",
    "23:59-00:01",
    "00:00-00:30",
]
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = datetime(2027, 12, 31, tzinfo=UTC)


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    known = at.astimezone(zone).utcoffset()
    assert known is not None
    return known


def changes(zone: ZoneInfo) -> list[datetime]:
    """Instants at which the offset changes, to the minute, by looking at each day and then halving."""
    found = []
    day = FIRST
    while day < LAST:
        after = day + timedelta(days=1)
        if offset(zone, day) != offset(zone, after):
            low, high = day, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if offset(zone, middle) == offset(zone, low) else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        day = after
    return found


def wall(zone: ZoneInfo, at: datetime) -> datetime:
    """What the clock shows, as plain arithmetic."""
    return at.replace(tzinfo=None) + offset(zone, at)


def clock(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def inside(spans: list[str], minute: int) -> bool:
    for span in spans:
        begin, end = map(clock, span.split("-"))
        if minute in (range(begin, end) if begin < end else [*range(begin, 1440), *range(end)]):
            return True
    return not spans


def first_minute(zone: ZoneInfo, text: str, *, is_end: bool) -> datetime:
    """The first instant at which the wall shows this minute or a later one: a search in zones."""
    wanted = datetime.fromisoformat(text)
    if is_end and len(text) == 10:
        wanted += timedelta(days=1)
    at = wanted.replace(tzinfo=UTC) - timedelta(hours=16)
    while wall(zone, at) < wanted:
        at += timedelta(minutes=1)
    return at


def expected(schedule: dict[str, Any], zone: ZoneInfo, at: datetime) -> bool:
    if "starts" in schedule and at < first_minute(zone, schedule["starts"], is_end=False):
        return False
    if "ends" in schedule and at >= first_minute(zone, schedule["ends"], is_end=True):
        return False
    shown = wall(zone, at)
    if schedule.get("days") and NAMES[shown.isoweekday() - 1] not in schedule["days"]:
        return False
    return inside(schedule.get("hours", []), shown.hour * 60 + shown.minute)


def compiled(schedule: dict[str, Any], name: str) -> dict[str, Any]:
    """As the browser gets it."""
    zone = ZoneInfo(name)
    wire: dict[str, Any] = {"zone": name}
    for end in ("starts", "ends"):
        if end in schedule:
            wire[end] = round(first_minute(zone, schedule[end], is_end=end == "ends").timestamp() * 1000)
    if "days" in schedule:
        wire["days"] = [day.title() for day in schedule["days"]]
    if "hours" in schedule:
        wire["hours"] = [[clock(side) for side in span.split("-")] for span in schedule["hours"]]
    return wire


def some_schedule(draw: random.Random, near: datetime, gaps: set[tuple[int, int, int]]) -> dict[str, Any]:
    """Days without a change of the clock for the ends: what a time means that is left out, the tests say."""
    schedule: dict[str, Any] = {}
    if draw.random() < 0.4:
        schedule["starts"] = _day(draw, near - timedelta(days=draw.randrange(3)), gaps)
    if draw.random() < 0.4:
        schedule["ends"] = _day(draw, near + timedelta(days=draw.randrange(3)), gaps)
    if draw.random() < 0.5:
        schedule["days"] = sorted(draw.sample(NAMES, draw.randrange(1, 6)), key=NAMES.index)
    if draw.random() < 0.6:
        schedule["hours"] = draw.sample(SPANS, draw.randrange(1, 3))
    return schedule


def _day(draw: random.Random, day: datetime, gaps: set[tuple[int, int, int]]) -> str:
    if (day.year, day.month, day.day) in gaps or draw.random() < 0.5:
        return f"{day:%Y-%m-%d}"
    return f"{day:%Y-%m-%d}T{draw.randrange(24):02}:{draw.randrange(60):02}"


def main() -> None:
    draw = random.Random(20261122)
    cases = []
    for name in ZONES:
        zone = ZoneInfo(name)
        turns = changes(zone)
        walls = [wall(zone, at + timedelta(minutes=m)) for at in turns for m in (-1, 0)]
        gaps = {(w.year, w.month, w.day) for w in walls}
        for _ in range(100):
            middle = draw.choice([*turns, FIRST + (LAST - FIRST) * draw.random()])
            at = (middle + timedelta(minutes=draw.randrange(-200, 200))).replace(second=0, microsecond=0)
            at += timedelta(seconds=draw.choice([0, 59]))
            schedule = some_schedule(draw, wall(zone, at), gaps)
            now = round(at.timestamp() * 1000)
            cases.append([name, schedule, now, expected(schedule, zone, at), compiled(schedule, name)])
    text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = Path(__file__).with_name("schedule.json")
    path.write_text(
        f'{{"columns":["zone","schedule","now","open","compiled"],"cases":[\n{text}\n]}}\n', encoding="utf-8"
    )


if __name__ == "__main__":
    main()
