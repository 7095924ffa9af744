"""The overview: carts left and won back, and what was truly earned."""

from __future__ import annotations

from collections import Counter
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.earnings import added_up, earners
from heimta.console.formats import day
from heimta.console.shops import View, page, view_of
from heimta.stats.days import by_day, last_days, utc_days
from heimta.stats.leaving import Leaving, leaving
from heimta.stats.lift import MIN_ORDERS
from heimta.stats.overview import BAYMARD_PCT, BAYMARD_URL, overview
from heimta.store import live, rollups

RANGES = (7, 28, 90)
SIGNS = {
    "pointer": "Mouse out through the top",
    "keys": "To the address, by keys",
    "fling": "Fling back to the top",
    "return": "Back after a while elsewhere",
    "back": "Back by back or forward",
    "idle": "Put down with a full cart",
}
DEFAULT = 28


async def show_overview(request: Request) -> Response:
    view = await view_of(request)
    count = chosen_range(request)
    days = await counted_days(view, count)
    found, signs = await earners(view), leaving(days)
    words: dict[str, object] = {
        "range": count,
        "ranges": RANGES,
        "numbers": overview(days, currency=view.shop.currency),
        "series": series(days),
        "leaving": signs,
        "leaving_series": by_score(signs),
        "sign_names": SIGNS,
        "earners": found,
        "all": added_up(found),
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
    """For static/console/chart.js: a bar of all, and of a part before it."""
    return {
        "labels": [day(when) for when in days],
        "all": [counts["abandoned"] for counts in days.values()],
        "part": [counts["recovered"] for counts in days.values()],
        "words": ["abandoned", "recovered"],
    }


def by_score(signs: Leaving) -> dict[str, list[object]]:
    """From the lowest tenth that was told of: most signs below the gate's threshold never are."""
    first = next((tenth for tenth, told in enumerate(signs.told) if told), 0)
    return {
        "labels": [f"0.{tenth}" for tenth in range(first, 10)],
        "all": list(signs.told[first:]),
        "part": list(signs.left[first:]),
        "words": ["signs", "left"],
    }


async def is_silent(view: View) -> bool:
    """Nothing has come from the tag lately: time to teach how to paste it."""
    return not await live.recent(view.desk.redis, view.shop.id, view.desk.partitions, limit=1)
