"""Days are the shop's own, whatever its timezone."""

from __future__ import annotations

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from heimta.stats.days import by_day, last_days, utc_days
from heimta.stats.overview import OTHERS, overview

AT = 1_763_760_000_000  # 2025-11-21 21:20 UTC


@pytest.mark.parametrize(
    ("zone", "today"),
    [
        ("UTC", date(2025, 11, 21)),
        ("Pacific/Auckland", date(2025, 11, 22)),
        ("Pacific/Honolulu", date(2025, 11, 21)),
    ],
)
def test_today_is_the_shops_today(zone: str, today: date) -> None:
    days = last_days(AT, 7, ZoneInfo(zone))
    assert (len(days), days[-1]) == (7, today)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2025, 11, 21)),
        ("Europe/Berlin", date(2025, 11, 22)),
        ("America/New_York", date(2025, 11, 21)),
    ],
)
def test_an_hour_falls_on_the_day_the_shop_had(zone: str, day: date) -> None:
    hours = {"20251121": {23: Counter(abandoned=3)}}
    days = [date(2025, 11, n) for n in (20, 21, 22)]
    sums = by_day(hours, days, ZoneInfo(zone))
    assert {d: c["abandoned"] for d, c in sums.items() if c} == {day: 3}


def test_a_total_over_the_end_of_summer_time_loses_no_hour() -> None:
    days = [date(2025, 10, n) for n in (25, 26, 27)]  # the 26th has 25 hours in Berlin
    hours = {day: {hour: Counter(orders=1) for hour in range(24)} for day in utc_days(days)}
    sums = by_day(hours, days, ZoneInfo("Europe/Berlin"))
    assert [sums[d]["orders"] for d in days] == [24, 25, 24]


def test_a_stranger_with_carts_in_made_up_currencies_does_not_bury_the_shops_own_sums() -> None:
    counts = Counter({f"abandoned_minor.{a}{b}{c}": 10**12 for a in "ABCD" for b in "XYZ" for c in "QRS"})
    counts |= {"abandoned_minor.EUR": 100, "abandoned_minor.USD": 7, "orders_minor.USD": 9}
    found = overview({date(2025, 11, 21): counts}, currency="EUR").abandoned_money
    assert list(found)[:2] == ["EUR", "USD"] and found["USD"] == 7
    assert len(found) == 2 + OTHERS


def test_money_is_summed_by_currency_with_the_shops_own_first() -> None:
    day = date(2025, 11, 21)
    got = overview(
        {day: Counter({"orders_minor.EUR": 100, "orders_minor.CHF": 5, "orders": 2})}, currency="EUR"
    )
    assert list(got.revenue.items()) == [("EUR", 100), ("CHF", 5)]
    assert got.recovered_money == {"EUR": 0}
    assert got.abandonment_pct is None
