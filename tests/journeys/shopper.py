"""One shopper, one worker, a virtual clock: everything real but the providers and the time.

The clock jumps from one moment at which something is due to the next, so what is sent is stamped to the
millisecond, however slow the machine.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from heimta.channels.result import SENT, Delivery
from heimta.channels.vapid import make_keys
from heimta.ingest.entry import Kind, MessengerNote
from heimta.model.audience import AdAudience
from heimta.model.channel import CHANNELS, Channel
from heimta.model.consent import ConsentNote
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey
from heimta.model.providers import Email, Facebook, Sms
from heimta.model.restore import RestoreRow
from heimta.model.visitor import VisitorState
from heimta.store import restore
from heimta.store.connect import Client
from heimta.store.log import Log
from heimta.store.partition import NEVER_DUE, PartitionStore
from heimta.store.secrets import Secrets
from heimta.worker.carriers.job import Job
from heimta.worker.effects import ShopContext
from heimta.worker.owner import Owner
from heimta.worker.pack import Packer
from heimta.worker.send import Sender
from tests.worker.conftest import Logged
from tests.worker.shop import MINUTE, VISITOR, batch, cart, order

NOON = 1_763_809_200_000  # 2025-11-22, 11:00 UTC
HALF_AN_HOUR = 30 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR
VAPID = make_keys("mailto:me@example.com")
SECRETS = Secrets("hook", "s" * 43, VAPID.private, VAPID.public)
SHOP = ShopDoc(
    id="demo",
    name="Demo",
    origins=("https://shop.example",),
    currency="EUR",
    languages=("en", "de"),
    abandoned_after_min=30,
    push=Push(subject="mailto:me@example.com"),
    email=Email(sender="Demo <hello@shop.example>", host="mail.example"),
    sms=Sms(account="AC1", sender="+4915100000000", country="DE"),
    facebook=Facebook(page="12345678"),
    ad_audiences={"left-checkout": AdAudience()},
)


class Sent(NamedTuple):
    at: int
    channel: Channel
    step: str
    job: Job


class Recorder:
    """Stands where every provider stands, and takes what it is handed."""

    def __init__(self, shopper: Shopper) -> None:
        self._shopper = shopper

    async def send(self, job: Job) -> Delivery:
        message = job.message
        self._shopper.sent.append(Sent(self._shopper.now, message.channel, message.step, job))
        return self._shopper.answer

    async def close(self) -> None:
        return None


class Shopper:
    """journeys: with their versions; what is in force may be changed by `apply`."""

    def __init__(self, redis: Client, *journeys: Journey, shop: ShopDoc = SHOP) -> None:
        self.redis = redis
        self.now = NOON
        self.sent: list[Sent] = []
        self.answer: Delivery = SENT  # of every provider
        self.while_packing: Callable[[], Awaitable[None]] | None = None  # between the decision and the send
        self._log = Log(redis)
        self._number = 0
        self._visits = 0
        self._seen_at = self.now
        self.contexts: dict[str, ShopContext] = {}
        self._shop = shop
        self.apply(*journeys)
        self._store = PartitionStore(redis, 0, "one")
        self.owner = Owner(
            self._store,
            self.contexts,
            owners=_nobody,
            redeem=_nothing,
            refresh=_still,
        )
        self._sender = Sender(
            redis,
            dict.fromkeys(CHANNELS, Recorder(self)),
            Packer(edge_url="https://edge.example", keep_row=self._keep),
            partitions=1,
            elapsed=lambda: 0.0,
        )

    def apply(self, *journeys: Journey, older: dict[tuple[str, int], Journey] | None = None) -> None:
        """The version of each is one more than that of those that were replaced."""
        older = older or {}
        versions = {one.id: 1 + sum(name == one.id for name, _ in older) for one in journeys}
        known = {one.id: (one, versions[one.id]) for one in journeys}
        self.contexts["demo"] = ShopContext(self._shop, {}, known, older)

    async def _keep(self, shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        await restore.keep(self.redis, shop, partition, row_id, row)
        if self.while_packing is not None:
            told, self.while_packing = self.while_packing, None
            await told()

    async def tell(self, kind: Kind, data: bytes) -> None:
        """Through the log, at this moment."""
        await self._log.append([Logged(kind, data, self.now)])

    async def does(self, *events: tuple[str, dict[str, Any]]) -> None:
        """In one page's batch, at this moment."""
        told = [(name, self.now, props) for name, props in events]
        first, self._number = self._number, self._number + len(told)
        if self.now - self._seen_at > HALF_AN_HOUR:
            self._visits += 1
        self._seen_at = self.now
        await self.tell("batch", batch(*told, first=first, sid=f"visit-{self._visits:05d}"))

    async def fills_cart(self, total: int = 5000, **more: Any) -> None:
        await self.does(("page_viewed", {}), ("cart_updated", {"cart": cart(total, **more)}))

    async def empties(self, cart_id: str) -> None:
        empty = {"id": cart_id, "currency": "EUR", "exponent": 2, "total_minor": 0, "lines": []}
        await self.does(("cart_updated", {"cart": empty}))

    async def tells_everything(self) -> None:
        """A yes to all channels, and an address for each."""
        who = {"email": "ann@post.example", "phone": "+4915112345678"}
        await self.does(("consent_changed", {"analytics": True, "marketing": True}))
        await self.does(("visitor_identified", who))
        subscription = {"endpoint": "https://push.example/x", "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
        await self.tell("push", json.dumps({"vid": VISITOR, "subscription": subscription}).encode())
        await self.tell("messenger", msgspec.json.encode(MessengerNote(VISITOR, "psid-1", self.now)))
        for channel in ("email", "sms", "messenger"):
            note = ConsentNote(VISITOR, channel, True, "given")
            await self.tell("consent", msgspec.json.encode(note))

    async def orders(self, name: str = "1001") -> None:
        """By the shop's signed webhook."""
        await self.tell("order", order(name, 5000, self.now))

    async def state(self) -> VisitorState:
        state, _ = await self.owner.look("demo", VISITOR)
        assert state is not None
        return state

    async def wait(self, ms: int, *, asleep: bool = False) -> None:
        """Let time pass. asleep: the worker is down until the end of it."""
        until = self.now + ms
        if asleep:
            self.now = until
        await self.look()
        while (at := await self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            await self.look()
        self.now = until

    async def look(self) -> None:
        """All that is due at this moment: timers, then what they decided."""
        while await self.owner.fire_due(now=self.now):
            pass
        for message in list(self.owner.outbox.values()):
            if message.not_before <= self.now:
                await self._sender.send(self.owner, message, self.contexts["demo"], SECRETS, now=self.now)
        await self.owner.fold()

    async def _next(self) -> int | None:
        """When something is due next, ms."""
        await self.owner.look("demo", VISITOR)
        times = [message.not_before for message in self.owner.outbox.values()]
        at = min([*times, await self._store.next_due()])
        return None if at == NEVER_DUE else at

    def told(self, since: int = NOON) -> list[tuple[str, int]]:
        """What was sent: the step, and how many ms after `since`."""
        return [(one.step, one.at - since) for one in self.sent]


async def _nobody(tokens: set[tuple[str, str]]) -> dict[str, str]:
    return {}


async def _nothing(used: object) -> None:
    return None


async def _still() -> None:
    return None
