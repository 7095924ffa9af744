"""`POST /s/{shop}`: the hot path. Body in, door, group commit, answer out.

A batch with nothing wrong is taken whole (serving/exchange.py) and answered when its group is durable: no
task, no Request, no Response. Whatever else there is goes the ordinary way, which begins anew with the same
body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from heimta.edge.answers import answer, refuse
from heimta.edge.body import ClientDisconnect, TooLarge, receive_body
from heimta.edge.deps import Edge
from heimta.edge.door import shop_for, too_much
from heimta.edge.shops import ShopsUnread
from heimta.ingest.batch import Dropped, judge, read_batch
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.model.event import MAX_BODY, MAX_EVENTS, Batch, ConsentChanged
from heimta.store.keys import partition_of

MAX_AGENT = 300  # bytes of a User-Agent that are kept
YEAR_S = 31_536_000

log = structlog.get_logger()

_consent = msgspec.json.Decoder(ConsentChanged)
_TAKEN = [msgspec.json.encode({"ok": count}) for count in range(MAX_EVENTS + 1)]


class Exchange(Protocol):
    """A request that is here, and its answer: serving/exchange.py."""

    @property
    def headers(self) -> dict[bytes, bytes]: ...
    @property
    def path(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    def reply(self, status: int, head: bytes, body: bytes) -> bool: ...
    def pass_on(self, app: ASGIApp) -> None: ...
    def hang_up(self) -> None: ...


def shop_in(path: str) -> str:
    """Whose batches a path takes; '' for any other path."""
    head, _, shop = path.rpartition("/")
    return shop if head == "/s" else ""


def _origin(headers: dict[bytes, bytes]) -> str:
    return headers.get(b"origin", b"").decode("latin-1")


def _allow_cookies(answered: Response, domain: str | None, origin: str) -> None:
    """Where the browser was told to take cookies, it hides an answer that does not allow them."""
    if origin and domain is not None:
        answered.headers["Access-Control-Allow-Credentials"] = "true"


def _consents(batch: Batch, dropped: Sequence[Dropped]) -> list[ConsentChanged]:
    refused = {drop.n for drop in dropped}
    said = (e.p for e in batch.ev if e.t == "consent_changed" and e.n not in refused)
    return [_consent.decode(props) for props in said]


def _says_no(batch: Batch, dropped: Sequence[Dropped]) -> bool:
    """Then it is taken also where events have used the shop's budget up: after a no the browser keeps
    nothing, and may never be here again.
    """
    return any(not (said.analytics and said.marketing) for said in _consents(batch, dropped))


@dataclass(frozen=True)
class Ingest:
    """What takes batches whole; and a raw ASGI endpoint, first in the routes, for what cannot be.

    heads: the header lines of a good answer, by the page's origin. Only a shop's own origins come in.
    """

    edge: Edge
    heads: dict[str, bytes] = field(default_factory=dict)

    # As serving/exchange.py asks

    def wants(self, scope: Scope) -> bool:
        return scope["method"] == "POST" and self._shop(scope["path"]) != ""

    def take(self, exchange: Exchange) -> bool:
        """Take a batch in which nothing is wrong. False for all others, with nothing done."""
        edge, headers, body = self.edge, exchange.headers, exchange.body
        shop, origin = self._shop(exchange.path), _origin(headers)
        known = edge.shops.known(shop)
        if known is None or (origin and origin not in known.origins):
            return False
        if b"content-encoding" in headers or len(body) > MAX_BODY:
            return False
        try:
            batch = read_batch(body)
            if judge(batch):
                return False
        except BadBody:
            return False
        entry = self._entry(shop, batch, headers, body)
        if not edge.budget.take(shop, len(body), entry.received):
            return False
        domain = known.documents.shop.cookie_domain
        try:
            edge.commit.submit(entry, partial(self._told, exchange, origin, domain, batch))
        except Unavailable:
            edge.budget.give_back(shop, len(body))
            return False
        return True

    def _shop(self, path: str) -> str:
        """Whose batches a path takes, a shop's own path too."""
        return shop_in(path) or self.edge.shops.own_paths.get(path, "")

    def _told(
        self, exchange: Exchange, origin: str, domain: str | None, batch: Batch, fault: Unavailable | None
    ) -> None:
        """The group of a batch that was taken has ended."""
        try:
            if fault is None:
                self.edge.figures.accepted(len(batch.ev))
                if domain is None and exchange.reply(200, *self._whole(origin, len(batch.ev))):
                    return
            answered = self._ended(domain, batch, origin) if fault is None else self._refused(fault, origin)
            _allow_cookies(answered, domain, origin)
            head = b"".join([b"%s: %s\r\n" % pair for pair in answered.raw_headers])
            if not exchange.reply(answered.status_code, head, bytes(answered.body)):
                exchange.pass_on(answered)
        except Exception:  # a bug: the browser keeps its events and sends them again, and they count once
            log.exception("a batch cannot be answered")
            exchange.hang_up()

    # The ordinary way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answer(scope["path_params"]["shop"], scope, receive, send)

    async def answer(self, shop: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = _origin(headers)
        try:
            answered = await self._take(shop, origin, headers, receive)
        except ClientDisconnect:
            return
        except ShopsUnread:
            answered = refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
        _allow_cookies(answered, self.edge.shops.cookie_domain(shop), origin)
        await answered(scope, receive, send)

    def _whole(self, origin: str, taken: int) -> tuple[bytes, bytes]:
        """Head and body of a good answer."""
        body = _TAKEN[taken]
        made = self.heads.get(origin)
        if made is None:
            named = {"content-type": "application/json", **self._named(origin)}
            made = "".join(f"{name}: {value}\r\n" for name, value in named.items()).encode("latin-1")
            self.heads[origin] = made
        return b"%scontent-length: %d\r\n" % (made, len(body)), body

    @staticmethod
    def _named(origin: str) -> dict[str, str]:
        """No more than a browser needs to read the answer: nothing caches that of a POST."""
        return {"access-control-allow-origin": origin} if origin else {}

    async def _take(self, shop: str, origin: str, headers: dict[bytes, bytes], receive: Receive) -> Response:
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
            entry = self._entry(shop, batch, headers, body)
            part = self._part(shop, batch, dropped, entry)
            if part is None:
                return too_much(edge, shop, entry.received, origin)
            try:
                await edge.commit.append(entry)
            except Unavailable as fault:
                edge.budget.give_back(part, len(body))
                return self._refused(fault, origin)
            edge.figures.accepted(taken)
        return self._ended(known.documents.shop.cookie_domain, batch, origin, dropped)

    def _part(self, shop: str, batch: Batch, dropped: Sequence[Dropped], entry: Entry) -> str | None:
        """Of which part of the shop's budget it is taken; None: there is no room."""
        if self._has_room(shop, entry):
            return shop
        own = f"{shop} consent"
        return own if _says_no(batch, dropped) and self._has_room(own, entry) else None

    def _has_room(self, part: str, entry: Entry) -> bool:
        return self.edge.budget.take(part, len(entry.data), entry.received)

    def _entry(self, shop: str, batch: Batch, headers: dict[bytes, bytes], body: bytes) -> Entry:
        home = partition_of(shop, batch.vid, self.edge.partitions)
        agent = headers.get(b"user-agent", b"")[:MAX_AGENT]
        return Entry(home, shop, "batch", self.edge.clock(), body, agent)

    def _ended(
        self, domain: str | None, batch: Batch, origin: str, dropped: Sequence[Dropped] = ()
    ) -> Response:
        """The answer to a batch of which all but what was dropped is durable."""
        if domain is not None:
            return self._with_cookie(domain, batch, dropped, origin)
        taken = len(batch.ev) - len(dropped)
        if dropped:
            return self._with_drops(taken, dropped, origin)
        return Response(_TAKEN[taken], 200, self._named(origin), "application/json")

    def _refused(self, fault: Unavailable, origin: str) -> Response:
        self.edge.figures.refused("unavailable")
        log.warning("batch not taken", why=str(fault))
        return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)

    def _with_cookie(self, domain: str, batch: Batch, dropped: Sequence[Dropped], origin: str) -> Response:
        """A year from now; or none any more, after a no.

        Not HttpOnly: the snippet finds the visitor again by it, where Safari has emptied what scripts stored.
        """
        is_over = not all(said.analytics for said in _consents(batch, dropped))
        value, age_s = ("", 0) if is_over else (batch.vid, YEAR_S)
        secure = "; Secure" if origin.startswith("https:") else ""
        answered = self._with_drops(len(batch.ev) - len(dropped), dropped, origin)
        answered.headers["Set-Cookie"] = (
            f"heimta_v={value}; Domain={domain}; Path=/; Max-Age={age_s}; SameSite=Lax{secure}"
        )
        return answered

    def _with_drops(self, taken: int, dropped: Sequence[Dropped], origin: str) -> Response:
        for drop in dropped:
            self.edge.figures.dropped(drop.reason)
        told = [[drop.n, drop.reason, drop.detail] for drop in dropped]
        return answer(200, {"ok": taken, **({"drop": told} if told else {})}, origin=origin)
