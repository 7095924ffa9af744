"""The live events: what shoppers do right now, newest first, refreshed by htmx."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.sentences import Happening, Teller, is_told
from heimta.console.shops import View, page, view_of
from heimta.store import live

LIMIT = 60


async def show_events(request: Request) -> Response:
    view = await view_of(request)
    return _page(request, view, "events.html", await happenings(view), "paused" in request.query_params)


async def show_rows(request: Request) -> Response:
    """The list alone. 204 while nothing is newer than the line the browser has: then nothing is touched."""
    view = await view_of(request)
    lines = await happenings(view)
    if lines and lines[0].id == request.query_params.get("after"):
        return Response(status_code=204)
    return _page(request, view, "feed.html", lines, False)


def _page(request: Request, view: View, template: str, lines: list[Happening], paused: bool) -> Response:
    words: dict[str, object] = {"lines": lines, "paused": paused, "now": view.desk.clock()}
    return page(request, view, template, "events", words)


async def happenings(view: View) -> list[Happening]:
    entries = await live.recent(
        view.desk.redis, view.shop.id, view.desk.partitions, limit=LIMIT, wanted=is_told
    )
    return Teller(view.documents).tell(entries)[:LIMIT]
