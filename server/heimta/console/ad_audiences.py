"""Ad audiences: who is in, what the network was told and what hinders, the comparison, and Google's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from heimta.console.google_file import google_file
from heimta.console.shops import View, page, view_of
from heimta.model.audience import AdAudience
from heimta.rules.ad_audiences import Refusal, night_after, night_before, refusal
from heimta.store import audiences
from heimta.store.ad_members import Count, counts
from heimta.store.connect import Client


@dataclass(frozen=True)
class Row:
    """document: None for one that the shop's document does not name any more. told_at: ms, 0 for never."""

    name: str
    document: AdAudience | None
    count: Count
    told_at: int


@dataclass(frozen=True)
class Trouble:
    """audience: '' when all wait. again_at: when the network is asked again, ms; 0 when that is now."""

    audience: str
    refused: Refusal
    again_at: int


@dataclass(frozen=True)
class Compared:
    """Times in ms. done_at: 0 for never. is_going: under way. next_at: 0 when it is due now."""

    done_at: int
    drift: int
    expired: int
    is_going: bool
    next_at: int


async def show_ad_audiences(request: Request) -> Response:
    view = await view_of(request)
    redis, shop, now = view.desk.redis, view.shop, view.desk.clock()
    run = await audiences.run(redis, shop.id)
    found = await counts(redis, shop)
    waiting, since = await audiences.backlog(redis, shop.id)
    words: dict[str, object] = {
        "rows": [
            Row(name, shop.ad_audiences.get(name), count, int(run.get(f"told_at{audiences.of(name)}", 0)))
            for name, count in found.items()
            if name in shop.ad_audiences or count.told or count.waiting
        ],
        "troubles": _troubles(view, run, now),
        "waiting": waiting,
        "waiting_min": max(0, now - since) // 60_000 if since else 0,
        "compared": _compared(view, run, now),
    }
    return page(request, view, "ad_audiences.html", "campaigns", words)


async def export_ad_audience(request: Request) -> Response:
    """For Google, as `heimta audiences export` writes it; sent while it is being found."""
    view = await view_of(request)
    name = str(request.path_params["name"])
    if name not in view.shop.ad_audiences:
        raise HTTPException(404, "There is no such ad audience.")
    return StreamingResponse(
        google_file(view.desk.redis, view.shop, name),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{view.shop.id}-{name}-google.csv"'},
    )


async def refused_count(redis: Client, shop: str, names: Mapping[str, AdAudience]) -> int:
    """How many of the shop's ad audiences the network refuses to hear of."""
    found = audiences.faults(await audiences.run(redis, shop)) if names else {}
    return len(names) if "" in found else len(names.keys() & found.keys())


def _troubles(view: View, run: Mapping[str, str], now: int) -> list[Trouble]:
    return [
        Trouble(name, refusal(why), until if until > now else 0)
        for name, (why, until) in audiences.faults(run).items()
        if not name or name in view.shop.ad_audiences
    ]


def _compared(view: View, run: Mapping[str, str], now: int) -> Compared:
    started, done = int(run.get("started", 0)), int(run.get("done", 0))
    is_due = max(int(run.get("asked", 0)), night_before(now, view.shop.timezone)) > started
    return Compared(
        done_at=done,
        drift=int(run.get("drift", 0)),
        expired=int(run.get("expired", 0)),
        is_going=started > done,
        next_at=0 if is_due else night_after(now, view.shop.timezone),
    )
