"""On which of the coming days parcels leave a shop, and on which they arrive.

The page reckons with the result (widgets/src/tweaks/promise.ts) in the shop's own timezone, so that it asks
for nothing; both are held to tests/vectors/delivery.json. Public holidays are those of the library
`holidays`: no list of ours would be kept as well.
"""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Iterable
from typing import Any

from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent
from heimta.model.contents.checkout import Delivery

DAY_MS = 24 * 60 * 60 * 1000
EPOCH = datetime.date(1970, 1, 1)
# A page may be open for long, and an edge may not have read its documents for weeks.
AHEAD = 60
# Of one weekday alone, the 60th is more than a year away; further on nobody promises.
MOST = 500
LEAVES, ARRIVES = 1, 2
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _library() -> Any:
    """Loaded when a shop names its country: it takes half a second, which no other start should wait for."""
    return importlib.import_module("holidays")


def day_of(now: int) -> int:
    """Days since 1970, UTC."""
    return now // DAY_MS


def is_dated(campaigns: Iterable[Campaign]) -> bool:
    """Whether what is compiled of them is good for some days only."""
    return any(
        isinstance(v.content, CheckoutContent) and v.content.delivery is not None
        for campaign in campaigns
        if campaign.live
        for v in campaign.variants
    )


def calendar(delivery: Delivery, now: int) -> tuple[int, str]:
    """(the first day, since 1970; a digit a day). It begins yesterday: somewhere it is still that day.

    Long enough for a promise on the 60th day from now, if `MOST` days are.
    """
    start = day_of(now) - 1
    first = EPOCH + datetime.timedelta(days=start)
    closed = _closed(delivery, first, first + datetime.timedelta(days=MOST))
    digits: list[int] = []
    leave, arrive = delivery.handling_days + 1, delivery.transit_days[1] + 1
    for ahead in range(MOST):
        day = first + datetime.timedelta(days=ahead)
        name = WEEK[day.weekday()]
        is_open = day not in closed
        leaves = is_open and name in delivery.weekdays
        arrives = is_open and name in delivery.arrives
        digits.append(LEAVES * leaves + ARRIVES * arrives)
        if ahead < AHEAD:
            continue
        arrive -= leave <= 0 and arrives
        leave -= leaves
        if arrive < 0:
            break
    return start, "".join(map(str, digits))


def _closed(delivery: Delivery, first: datetime.date, last: datetime.date) -> set[datetime.date]:
    closed = set(delivery.holidays)
    if delivery.country is not None:
        years = range(first.year, last.year + 1)
        closed |= set(_library().country_holidays(delivery.country, subdiv=delivery.region, years=years))
    return closed


def delivery_faults(delivery: Delivery) -> list[str]:
    """What a type cannot say. Each fault names the field, the value and the rule."""
    faults = []
    least, most = delivery.transit_days
    if least > most:
        faults.append(f"delivery.transit_days is [{least}, {most}]; the first must not be above the second")
    if delivery.hours is not None and delivery.hours[0] >= delivery.hours[1]:
        faults.append(f"delivery.hours is {list(delivery.hours)}; the first must be before the second")
    return faults + _country_faults(delivery.country, delivery.region)


def _country_faults(country: str | None, region: str | None) -> list[str]:
    if country is None:
        return [f"delivery.region is {region!r}; it needs delivery.country, for example DE"] if region else []
    known: dict[str, list[str]] = _library().list_supported_countries()
    if country not in known:
        return [
            f"delivery.country is {country!r}; its holidays are not known: leave it out and name the days in "
            "delivery.holidays"
        ]
    if region and region not in known[country]:
        regions = ", ".join(known[country]) or "none"
        return [f"delivery.region is {region!r}; the regions of {country} are {regions}"]
    return []
