"""The worker: owns partitions, and for each one folds, fires, relays and sends until told to stop.

An error of Redis is waited out: the partition is read again from its checkpoint, so nothing is lost and
nothing is folded twice. A lost lease is tried again later.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog
from redis.exceptions import RedisError

from heimta.channels.webpush import WebPush
from heimta.ingest.entry import Entry
from heimta.model.restore import RestoreRow
from heimta.rules.tokens import BadToken, ExpiredToken, read_restore
from heimta.store import coupons, keys, restore
from heimta.store.connect import Client, text
from heimta.store.log import Log
from heimta.store.partition import LostLease, PartitionStore
from heimta.worker.contexts import Contexts
from heimta.worker.owner import Owner
from heimta.worker.send import Sender

TICK_S = 0.05
REFRESH_S = 1.0
RENEW_S = 3.0
RETRY_S = 1.0
TRIM_S = 60.0
FIRE_S = 0.2  # timers are looked at this often, however busy the log
SEND_S = 11.0  # a send has 10 s
SENDS = 32  # messages on the wire at once, for each partition

log = structlog.get_logger()


@dataclass
class Figures:
    """What /metrics and /healthz tell."""

    owned: set[int] = field(default_factory=set)
    folded: int = 0
    fired: int = 0
    redis_errors: int = 0


class Worker:
    """clock: now in ms, UTC. Everything below gets its time from here."""

    def __init__(
        self, redis: Client, push: WebPush, *, partitions: int, edge_url: str, clock: Callable[[], int]
    ) -> None:
        self._redis = redis
        self._partitions = partitions
        self._clock = clock
        self._contexts = Contexts(redis)
        self._log = Log(redis)
        self._sender = Sender(push, edge_url=edge_url, keep_row=self._keep_row)
        self._token = secrets.token_urlsafe(12)
        self.figures = Figures()

    async def run(self) -> None:
        """Run until cancelled; gives the leases back at the end."""
        await self._refresh_until_known()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_refreshed())
            for partition in range(self._partitions):
                tasks.create_task(self._own(partition))

    async def _refresh_until_known(self) -> None:
        while True:
            try:
                await self._contexts.refresh()
                return
            except (RedisError, OSError) as error:
                self._failed("shops cannot be read", error)
                await asyncio.sleep(RETRY_S)

    async def _keep_refreshed(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self._contexts.refresh()
            except (RedisError, OSError) as error:
                self._failed("shops cannot be read", error)

    async def _own(self, partition: int) -> None:
        """Own one partition for as long as possible, again and again."""
        owner = Owner(
            PartitionStore(self._redis, partition, self._token),
            self._contexts.shops,
            owners=self._owners,
            redeem=self._redeem,
            refresh=self._contexts.refresh,
        )
        while True:
            try:
                if await owner.take_over():
                    self.figures.owned.add(partition)
                    await self._work(owner)
            except LostLease as lost:
                log.warning("lease lost", partition=partition, why=str(lost))
            except (RedisError, OSError) as error:
                self._failed("partition waits", error, partition=partition)
            except asyncio.CancelledError:
                await _release(owner)
                raise
            finally:
                self.figures.owned.discard(partition)
            await asyncio.sleep(RETRY_S)

    async def _work(self, owner: Owner) -> None:
        sends: set[asyncio.Task[None]] = set()
        flying: set[str] = set()
        renew_at = trim_at = fire_at = 0.0
        try:
            while True:
                loop_now = asyncio.get_running_loop().time()
                now = self._clock()
                count = await owner.fold(now=now)
                self.figures.folded += count
                if count == 0 or loop_now >= fire_at:  # timers do not wait for the log to fall silent
                    self.figures.fired += await owner.fire_due(now=now)
                    await self._relay(owner)
                    fire_at = loop_now + FIRE_S
                if count == 0:
                    await asyncio.sleep(TICK_S)
                if loop_now >= renew_at:
                    await owner.renew()
                    renew_at = loop_now + RENEW_S
                if loop_now >= trim_at:
                    await owner.trim(now - keys.LOG_KEEP_MS)
                    trim_at = loop_now + TRIM_S
                self._start_sends(owner, sends, flying, now)
                for done in [task for task in sends if task.done()]:
                    sends.discard(done)
                    done.result()  # an error of a send is an error of the partition: read again, try again
        finally:
            # A message on the wire is waited for: cut off, it would be sent again.
            if sends:
                await asyncio.wait(sends, timeout=SEND_S)
            for task in sends:
                task.cancel()
            await asyncio.gather(*sends, return_exceptions=True)

    def _start_sends(self, owner: Owner, sends: set[asyncio.Task[None]], flying: set[str], now: int) -> None:
        for message in list(owner.outbox.values()):
            if len(sends) >= SENDS:
                return
            context = self._contexts.shops.get(message.shop)
            kept = self._contexts.secrets.get(message.shop)
            if message.id in flying or message.not_before > now or context is None or kept is None:
                continue
            flying.add(message.id)
            task = asyncio.create_task(self._sender.send(owner, message, context, kept, now=now))
            task.add_done_callback(partial(_landed, flying, message.id))
            sends.add(task)

    async def _relay(self, owner: Owner) -> None:
        """Carry facts to other partitions. At least once: what takes them knows a second copy."""
        rows = await owner.relays()
        if not rows:
            return
        entries = []
        for _, fields in rows:
            shop, note = text(fields[b"s"]), fields[b"d"]
            home = keys.partition_of(shop, owner.relay_to(note), self._partitions)
            entries.append(Entry(home, shop, "relay", self._clock(), note))
        await self._log.append(entries)
        await owner.relayed([entry_id for entry_id, _ in rows])

    async def _owners(self, tokens: set[tuple[str, str]]) -> dict[str, str]:
        """Whose cart each restore token stands for; a bad or old token stands for nobody's."""
        found: dict[str, str] = {}
        for shop, token in tokens:
            kept = self._contexts.secrets.get(shop)
            if kept is None or token.partition(".")[0] != shop:
                continue
            try:
                partition, row_id = read_restore(kept.signing, token)
            except (BadToken, ExpiredToken):
                continue
            row = await restore.find(self._redis, shop, partition, row_id)
            if row is not None:
                found[token] = row.visitor
        return found

    async def _redeem(self, used: list[tuple[str, str, str]]) -> None:
        for shop, code, order in used:
            await coupons.redeem(self._redis, shop, code, order, self._partitions)

    async def _keep_row(self, shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        await restore.keep(self._redis, shop, partition, row_id, row)

    def _failed(self, what: str, error: Exception, **more: object) -> None:
        self.figures.redis_errors += 1
        log.warning(what, why=f"{type(error).__name__}: {error}", **more)


def _landed(flying: set[str], message: str, task: asyncio.Task[None]) -> None:
    flying.discard(message)


async def _release(owner: Owner) -> None:
    try:
        await owner.release()
    except (RedisError, OSError) as error:
        log.info("lease left to run out", partition=owner.partition, why=str(error))
