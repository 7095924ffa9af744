"""`POST /s/{shop}`: the hot path. Body in, door, group commit, answer out.

No Request and no Response is made for a batch that is taken: what is needed is read off the ASGI scope, and
the answer's head is kept per origin. Refusals take the ordinary way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from heimta.edge.answers import answer, refuse
from heimta.edge.body import ClientDisconnect, TooLarge, receive_body
from heimta.edge.deps import Edge
from heimta.edge.door import shop_for
from heimta.edge.shops import ShopsUnread
from heimta.ingest.batch import Dropped, judge, read_batch
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.model.event import MAX_EVENTS, Batch, ConsentChanged
from heimta.store.keys import partition_of

MAX_AGENT = 300  # bytes of a User-Agent that are kept
YEAR_S = 31_536_000

NOTHING: dict[str, None] = {}

log = structlog.get_logger()

_consent = msgspec.json.Decoder(ConsentChanged)
_TAKEN = [msgspec.json.encode({"ok": count}) for count in range(MAX_EVENTS + 1)]


@dataclass(frozen=True)
class Ingest:
    """A raw ASGI endpoint, first in the routes: no table is walked and no wrapper called for an event.

    heads: the header lines of a good answer, by the page's origin. Only a shop's own origins come in.
    """

    edge: Edge
    heads: dict[str, bytes] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.take(scope["path_params"]["shop"], scope, receive, send)

    async def take(self, shop: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        try:
            answered = await self._take(shop, origin, headers, receive)
        except ClientDisconnect:
            return
        except ShopsUnread:
            answered = refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
        if isinstance(answered, Response):
            # Where the browser was told to take cookies, it hides an answer that does not allow them.
            if origin and self.edge.shops.sets_cookie(shop):
                answered.headers["Access-Control-Allow-Credentials"] = "true"
            await answered(scope, receive, send)
            return
        # serving/reply.py, when it serves us
        reply = scope.get("extensions", NOTHING).get("heimta.reply")
        if reply is None or not reply(200, self._head(origin, answered), answered):
            await Response(answered, 200, self._named(origin), "application/json")(scope, receive, send)

    def _head(self, origin: str, body: bytes) -> bytes:
        made = self.heads.get(origin)
        if made is None:
            named = {"content-type": "application/json", **self._named(origin)}
            made = "".join(f"{name}: {value}\r\n" for name, value in named.items()).encode("latin-1")
            self.heads[origin] = made
        return b"%scontent-length: %d\r\n" % (made, len(body))

    @staticmethod
    def _named(origin: str) -> dict[str, str]:
        """No more than a browser needs to read the answer: nothing caches that of a POST."""
        return {"access-control-allow-origin": origin} if origin else {}

    async def _take(
        self, shop: str, origin: str, headers: dict[bytes, bytes], receive: Receive
    ) -> bytes | Response:
        """The body of a good answer, or a refusal."""
        edge = self.edge
        known = shop_for(edge, shop, origin)
        if isinstance(known, Response):
            return known
        if headers.get(b"content-encoding", b"identity") != b"identity":
            edge.figures.refused("encoded")
            return refuse(415, "encoded", "send the body as it is, without Content-Encoding", origin=origin)
        try:
            body = await receive_body(receive, told=headers.get(b"content-length", b""))
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
            agent = headers.get(b"user-agent", b"")[:MAX_AGENT]
            try:
                await edge.commit.append(Entry(home, shop, "batch", edge.clock(), body, agent))
            except Unavailable as fault:
                edge.figures.refused("unavailable")
                log.warning("batch not taken", why=str(fault))
                return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
            edge.figures.accepted(taken)
        if (domain := known.documents.shop.cookie_domain) is not None:
            return self._with_cookie(domain, batch, dropped, origin)
        return _TAKEN[taken] if not dropped else self._with_drops(taken, dropped, origin)

    def _with_cookie(self, domain: str, batch: Batch, dropped: list[Dropped], origin: str) -> Response:
        """A year from now; or none any more, after a no.

        Not HttpOnly: the snippet finds the visitor again by it, where Safari has emptied what scripts stored.
        """
        refused = {drop.n for drop in dropped}
        said = [e.p for e in batch.ev if e.t == "consent_changed" and e.n not in refused]
        is_over = not all(_consent.decode(props).analytics for props in said)
        value, age_s = ("", 0) if is_over else (batch.vid, YEAR_S)
        secure = "; Secure" if origin.startswith("https:") else ""
        answered = self._with_drops(len(batch.ev) - len(dropped), dropped, origin)
        answered.headers["Set-Cookie"] = (
            f"heimta_v={value}; Domain={domain}; Path=/; Max-Age={age_s}; SameSite=Lax{secure}"
        )
        return answered

    def _with_drops(self, taken: int, dropped: list[Dropped], origin: str) -> Response:
        for drop in dropped:
            self.edge.figures.dropped(drop.reason)
        told = [[drop.n, drop.reason, drop.detail] for drop in dropped]
        return answer(200, {"ok": taken, **({"drop": told} if told else {})}, origin=origin)
