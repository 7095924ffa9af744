"""One Heimta to break: store, proxy, edges, workers, and a shop for each scenario, which counts alone."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from heimta.channels.vapid import make_keys
from heimta.model.campaign import Campaign, Offer, Trigger, Variant
from heimta.model.contents import PopupContent
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey, Send
from heimta.store import documents, partitions, secrets
from heimta.store.connect import Client, connect
from heimta.store.secrets import Secrets
from loadtest.chaos import check, journal
from loadtest.chaos.load import Load
from loadtest.chaos.proxy import Proxy
from loadtest.chaos.push import PushService
from loadtest.chaos.shoppers import Config, Summary
from loadtest.chaos.store import Store
from loadtest.chaos.system import System

PARTITIONS = 4
ORIGIN = "http://localhost:1"
HOOK = "hook-secret-of-a-shop-in-chaos-0000"


@dataclass
class Outcome:
    """What one scenario showed. broken: promises of its own that were not kept, in words.

    calm, near: seconds until something was visible, before and while others' partitions were in trouble.
    back_s: the same, at worst, in partitions whose worker was killed. start_s: how long such a worker takes
    to start when nothing is wrong, measured in the same run.
    """

    name: str
    summary: Summary = field(default_factory=Summary)
    found: check.Found = field(default_factory=check.Found)
    folded_s: float = 0.0
    exit_s: float = 0.0
    calm: list[float] = field(default_factory=list)
    near: list[float] = field(default_factory=list)
    back_s: float = 0.0
    start_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)


@dataclass
class World:
    """seconds: how long a fault is kept up. rate: batches a second, in all."""

    folder: Path
    store: Store
    proxy: Proxy
    system: System
    push: PushService
    redis: Client  # past the proxy, for looking
    seed: int
    seconds: float
    rate: float

    def dice(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    async def open_shop(self, shop: str, *, silence_min: float = 1440.0) -> None:
        """A shop that the edges and the workers know when this returns."""
        await open_shop(self.redis, shop, silence_min=silence_min)
        for edge in self.system.edges:
            await edge.wait_until_ready(f"/s/{shop}.js")

    def load(self, shop: str, **more: float) -> Load:
        """Shoppers for one shop; their journal is named after it."""
        config = Config(
            urls=[edge.url for edge in self.system.edges],
            shop=shop,
            origin=ORIGIN,
            secret=HOOK,
            journal=str(self.folder / f"{shop}.journal"),
            seed=self.dice(shop).randrange(2**32),
            batches_per_s=self.rate,
        )
        for name, value in more.items():
            setattr(config, name, value)
        return Load(config)

    async def settle(self, outcome: Outcome, shop: str, load: Load, *, patience_s: float = 30.0) -> None:
        """The fault is over: until all is well, then hold the journal against the store."""
        outcome.summary = await load.finish()
        await self.fold(outcome, patience_s)
        told = journal.read(self.folder / f"{shop}.journal")
        outcome.found = found = await check.check(self.redis, shop, told, PARTITIONS)
        found.copies = await check.logged(self.redis, shop, PARTITIONS) - found.stored
        outcome.broken += [f"answer {told} x {count}" for told, count in outcome.summary.strange.items()]
        outcome.must(outcome.found.invented == 0, f"{outcome.found.invented} events that nobody sent")
        outcome.must(outcome.summary.left == 0, f"{outcome.summary.left} shoppers brought nothing home")
        missing = outcome.summary.without_retry_after
        outcome.must(missing == 0, f"{missing} refusals without Retry-After")

    async def fold(self, outcome: Outcome, patience_s: float) -> None:
        try:
            outcome.folded_s = round(await check.quiesce(self.redis, PARTITIONS, patience_s=patience_s), 2)
        except TimeoutError as late:
            outcome.folded_s = patience_s + 1
            outcome.broken.append(str(late))


async def open_shop(redis: Client, shop: str, *, silence_min: float = 1440.0) -> None:
    """With a campaign that offers a code, and a journey that pushes after `silence_min`."""
    vapid = make_keys("mailto:chaos@example.com")
    made = Secrets(webhook=HOOK, signing="s" * 43, vapid_private=vapid.private, vapid_public=vapid.public)
    await secrets.create(redis, shop, made)
    for document in (
        ShopDoc(
            id=shop,
            name="Chaos",
            origins=(ORIGIN,),
            currency="EUR",
            abandoned_after_min=silence_min,
            push=Push(subject="mailto:chaos@example.com"),
        ),
        Campaign(
            id="exit-offer",
            shop=shop,
            name="Exit offer",
            live=True,
            trigger=Trigger("exit"),
            variants=(Variant("ten", PopupContent("Wait")),),
            offer=Offer("percent", 10),
        ),
        Journey(
            id="cart-push",
            shop=shop,
            name="Cart push",
            live=True,
            trigger="cart_abandoned",
            holdout_pct=0,
            steps=(Send("remind", "push", "Your cart waits", "{item}"),),
        ),
    ):
        await documents.put(redis, document, now=1)


@asynccontextmanager
async def world(
    seed: int,
    shops: list[str],
    *,
    seconds: float,
    rate: float = 120.0,
    edges: int = 2,
    workers: int = 2,
    store_config: Mapping[str, str] | None = None,
    file_limit: int = 0,
    store_folder: Path | None = None,
) -> AsyncIterator[World]:
    """Started and ready; whatever happens, nothing of it is left afterwards."""
    async with AsyncExitStack() as stack:
        # A short name: a socket's path may have about 100 bytes.
        held = tempfile.TemporaryDirectory(prefix="hc", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(held))
        at = store_folder or folder / "v"
        at.mkdir(exist_ok=True)
        store = Store(at, store_config, file_limit=file_limit)
        stack.callback(store.stop)
        await store.start()
        proxy = Proxy(store.socket, seed)
        await proxy.start()
        stack.push_async_callback(proxy.stop)
        redis = connect(store.url)
        stack.push_async_callback(redis.aclose)
        await partitions.settle(redis, PARTITIONS)
        push = PushService()
        await push.start()
        stack.push_async_callback(push.stop)
        system = System(folder, proxy.url, PARTITIONS, push.origin)
        made = World(folder, store, proxy, system, push, redis, seed, seconds, rate)
        for shop in shops:
            await open_shop(redis, shop)
        for role, count in (("edge", edges), ("worker", workers)):
            for _ in range(count):
                system.add(role)
        stack.push_async_callback(system.stop)
        await system.start()
        yield made


async def start_store_again(store: Store) -> None:
    """What a supervisor does, in a loop, while the server keeps ending."""
    while not store.is_alive():
        store.spawn()
        await asyncio.sleep(0.3)
