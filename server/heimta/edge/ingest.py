"""`POST /s/{shop}`: the hot path. Body in, door, group commit, answer out.

No Request, no Response and no header table is made for a batch that is taken: what is needed is read off the
ASGI scope, and the answer's head is kept per origin. Refusals take the ordinary way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from heimta.edge.answers import answer, cors, refuse
from heimta.edge.body import ClientDisconnect, TooLarge, receive_body
from heimta.edge.deps import Edge
from heimta.edge.shops import ShopsUnread
from heimta.ingest.batch import Dropped, judge, read_batch
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.model.event import MAX_EVENTS
from heimta.store.keys import partition_of

MAX_AGENT = 300  # bytes of a User-Agent that are kept

Head = list[tuple[bytes, bytes]]

log = structlog.get_logger()

_TAKEN = [msgspec.json.encode({"ok": count}) for count in range(MAX_EVENTS + 1)]


class Headers(msgspec.Struct):
    """The few headers of a request that matter here."""

    origin: str = ""
    length: str = ""
    encoding: str = ""
    agent: bytes = b""


@dataclass(frozen=True)
class Ingest:
    """A raw ASGI endpoint, first in the routes: no table is walked and no wrapper called for an event.

    heads: the head of a good answer, by origin and length of the body. Only a shop's own origins come in.
    """

    edge: Edge
    heads: dict[tuple[str, int], Head] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.take(scope["path_params"]["shop"], scope, receive, send)

    async def take(self, shop: str, scope: Scope, receive: Receive, send: Send) -> None:
        told = _headers(scope)
        try:
            response = await self._take(shop, told, receive)
        except ClientDisconnect:
            return
        except ShopsUnread:
            response = refuse(503, "unavailable", "come back soon", origin=told.origin, retry_after_s=5)
        if isinstance(response, Response):
            await response(scope, receive, send)
            return
        size = len(response)
        head = self.heads.get((told.origin, size)) or self._make_head(told.origin, size)
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": response})

    def _make_head(self, origin: str, length: int) -> Head:
        named = {**cors(origin), "Cache-Control": "no-store", "Content-Type": "application/json"}
        named["Content-Length"] = str(length)
        head = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        self.heads[(origin, length)] = head
        return head

    async def _take(self, shop: str, told: Headers, receive: Receive) -> bytes | Response:
        """The body of a good answer, or a refusal."""
        edge, origin = self.edge, told.origin
        known = edge.shops.get(shop)
        if known is None:
            return refuse(404, "unknown_shop", f"there is no shop {shop!r} here", origin=origin)
        if origin and origin not in known.origins:
            edge.figures.refused("origin")
            return refuse(403, "bad_origin", f"{origin} is not among the shop's origins")
        if told.encoding:
            edge.figures.refused("encoded")
            return refuse(415, "encoded", "send the body as it is, without Content-Encoding", origin=origin)
        try:
            body = await receive_body(receive, told=told.length)
            batch = read_batch(body)
        except TooLarge as fault:
            edge.figures.refused("too_large")
            return refuse(413, "too_large", str(fault), origin=origin)
        except BadBody as fault:
            edge.figures.refused("bad_batch")
            return refuse(400, "bad_batch", f"not a batch: {fault}", origin=origin)
        dropped = judge(batch)
        taken = len(batch.ev) - len(dropped)
        if taken:
            home = partition_of(shop, batch.vid, edge.partitions)
            entry = Entry(home, shop, "batch", edge.clock(), body, told.agent[:MAX_AGENT])
            try:
                await edge.commit.append(entry)
            except Unavailable as fault:
                edge.figures.refused("unavailable")
                log.warning("batch not taken", why=str(fault))
                return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
            edge.figures.accepted(taken)
        return _TAKEN[taken] if not dropped else self._with_drops(taken, dropped, origin)

    def _with_drops(self, taken: int, dropped: list[Dropped], origin: str) -> Response:
        for drop in dropped:
            self.edge.figures.dropped(drop.reason)
        told = [[drop.n, drop.reason, drop.detail] for drop in dropped]
        return answer(200, {"ok": taken, "drop": told}, origin=origin)


def _headers(scope: Scope) -> Headers:
    told = Headers()
    for name, value in scope["headers"]:
        if name == b"origin":
            told.origin = value.decode("latin-1")
        elif name == b"content-length":
            told.length = value.decode("latin-1")
        elif name == b"user-agent":
            told.agent = value
        elif name == b"content-encoding":
            told.encoding = value.decode("latin-1")
    return told
