"""`POST /s/{shop}`: the hot path. Body in, door, group commit, answer out."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from heimta.edge.answers import answer, refuse
from heimta.edge.body import TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.door import shop_for
from heimta.ingest.batch import admit, read_batch
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.store.keys import partition_of

MAX_AGENT = 300  # characters of a User-Agent that are kept

log = structlog.get_logger()


@dataclass(frozen=True)
class Ingest:
    """A raw ASGI endpoint, first in the routes: no table is walked and no wrapper called for an event."""

    edge: Edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self.take(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def take(self, request: Request) -> Response:
        edge, shop = self.edge, request.path_params["shop"]
        origin = request.headers.get("origin", "")
        known = shop_for(edge, request)
        if isinstance(known, Response):
            return known
        try:
            body = await read_body(request)
            batch = read_batch(body)
        except TooLarge as fault:
            edge.figures.refused("too_large")
            return refuse(413, "too_large", str(fault), origin=origin)
        except BadBody as fault:
            edge.figures.refused("bad_batch")
            return refuse(400, "bad_batch", f"not a batch: {fault}", origin=origin)
        now = edge.clock()
        events, dropped = admit(batch, received=now)
        for drop in dropped:
            edge.figures.dropped(drop.reason)
        if events:
            entry = Entry(
                partition_of(shop, batch.vid, edge.partitions),
                shop,
                "batch",
                now,
                body,
                request.headers.get("user-agent", "")[:MAX_AGENT],
            )
            try:
                await edge.commit.append(entry)
            except Unavailable as fault:
                log.warning("batch not taken", why=str(fault))
                return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
            edge.figures.accepted(len(events))
        told: dict[str, object] = {"ok": len(events)}
        if dropped:
            told["drop"] = [[drop.n, drop.reason, drop.detail] for drop in dropped]
        return answer(200, told, origin=origin)
