"""The overview: carts left and won back, and what was truly earned."""

from __future__ import annotations

from collections import Counter
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.earnings import all_together, earners
from heimta.console.formats import day
from heimta.console.shops import View, page, view_of
from heimta.stats.days import by_day, last_days, utc_days
from heimta.stats.lift import MIN_ORDERS
from heimta.stats.overview import BAYMARD_PCT, BAYMARD_URL, overview
from heimta.store import live, rollups

RANGES = (7, 28, 90)
DEFAULT = 28


async def show_overview(request: Request) -> Response:
    view = await view_of(request)
    count = chosen_range(request)
    days = await counted_days(view, count)
    found = await earners(view)
    words: dict[str, object] = {
        "range": count,
        "ranges": RANGES,
        "numbers": overview(days, currency=view.shop.currency),
        "series": series(days),
        "earners": found,
        "all": all_together(found),
        "min_orders": MIN_ORDERS,
        "baymard": BAYMARD_PCT,
        "baymard_url": BAYMARD_URL,
        "is_silent": await is_silent(view),
    }
    return page(request, view, "overview.html", "overview", words)


def chosen_range(request: Request) -> int:
    """The days asked for; anything but one of ours is the usual."""
    asked = request.query_params.get("days", "")
    return int(asked) if asked in {str(days) for days in RANGES} else DEFAULT


async def counted_days(view: View, count: int) -> dict[date, Counter[str]]:
    """Counters of the last days of the shop, today included."""
    days = last_days(view.desk.clock(), count, view.zone)
    hours = await rollups.hourly(view.desk.redis, view.shop.id, utc_days(days), view.desk.partitions)
    return by_day(hours, days, view.zone)


def series(days: dict[date, Counter[str]]) -> dict[str, list[object]]:
    return {
        "days": [day(when) for when in days],
        "abandoned": [counts["abandoned"] for counts in days.values()],
        "recovered": [counts["recovered"] for counts in days.values()],
    }


async def is_silent(view: View) -> bool:
    """Nothing has come from the tag lately: time to teach how to paste it."""
    return not await live.recent(view.desk.redis, view.shop.id, view.desk.partitions, limit=1)
