"""How numbers, money and times look in the console. Written by babel, in English, in the shop's timezone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from math import ceil, floor
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from heimta.model.currency import exponent_of

LOCALE = "en"
NARROW = "\u202f"  # between a number and its unit: never torn apart
RANGE = "\u2013"
MINUS = "\u2212"


def amount(minor: int, currency: str, exponent: int | None = None) -> str:
    """A sum without its currency."""
    digits = exponent_of(currency) if exponent is None else exponent
    value = Decimal(minor).scaleb(-digits)
    fraction = "." + "0" * digits if digits else ""
    return format_decimal(value, format=f"#,##0{fraction}", locale=LOCALE).replace("-", MINUS)


def money(minor: int, currency: str, exponent: int | None = None) -> str:
    return f"{amount(minor, currency, exponent)}{NARROW}{currency}"


def moneys(sums: Mapping[str, int]) -> str:
    """Sums in several currencies, never added up."""
    return " + ".join(money(minor, currency) for currency, minor in sums.items())


def money_range(low: float, high: float, currency: str) -> str:
    """An interval in whole units: `1,240-2,870 EUR`. Widened to three digits: not too exact, still true."""
    ends = [_outward(low, currency, floor), _outward(high, currency, ceil)]
    joint = " to " if low < 0 else RANGE  # a dash before a minus sign reads as two
    return f"{joint.join(number(end) for end in ends)}{NARROW}{currency}"


def _outward(minor: float, currency: str, rounded: Callable[[float], int]) -> int:
    units = minor / 10 ** exponent_of(currency)
    step = int(10 ** max(len(str(int(abs(units)))) - 3, 0))
    return rounded(units / step) * step


def number(count: float) -> str:
    if isinstance(count, int):  # as babel writes it, in a tenth of the time: a long list has thousands
        return f"{count:,}".replace("-", MINUS)
    return format_decimal(count, locale=LOCALE).replace("-", MINUS)


def percent(value: float, digits: int = 1) -> str:
    return f"{format_decimal(value, format='0.' + '0' * digits if digits else '0', locale=LOCALE)}{NARROW}%"


def signed(value: float) -> str:
    """`+0.8`, or below zero with a true minus sign."""
    return format_decimal(value, format="+0.0;-0.0", locale=LOCALE).replace("-", MINUS)


def whole(value: int) -> str:
    """`+32`, or below zero with a true minus sign."""
    return format_decimal(value, format="+0;-0", locale=LOCALE).replace("-", MINUS)


def decimal(value: float) -> str:
    return format_decimal(value, format="0.0", locale=LOCALE).replace("-", MINUS)


def plural(count: float, one: str, many: str = "") -> str:
    """`1 order`, `2 orders`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def zone_of(name: str) -> ZoneInfo:
    """The shop's timezone; UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def at(ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def clock_time(ms: int, zone: tzinfo) -> str:
    return format_time(at(ms, zone).time(), "HH:mm:ss", locale=LOCALE)


def clock_time_or_day(ms: int, zone: tzinfo, now: int) -> str:
    """`22:20:00` of today; before that `20 Nov, 22:20:00`."""
    when = at(ms, zone).date()
    return clock_time(ms, zone) if when == at(now, zone).date() else f"{day(when)}, {clock_time(ms, zone)}"


def moment(ms: int, zone: tzinfo) -> str:
    return format_datetime(at(ms, zone), "d MMM yyyy, HH:mm", locale=LOCALE)


def day(value: date) -> str:
    return format_date(value, "d MMM", locale=LOCALE)


def iso(ms: int, zone: tzinfo = UTC) -> str:
    """With how far it is off UTC: for programs, and the datetime attribute of <time>."""
    return at(ms, zone).isoformat(timespec="milliseconds")


def sentence(words: str) -> str:
    """What commands say in a line, as a page says it."""
    return f"{words[:1].upper()}{words[1:]}."
