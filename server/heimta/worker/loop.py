"""The worker: owns partitions, and for each one folds, fires, relays and sends until told to stop.

When Redis is away it is waited for: the partition is read again from its checkpoint, so nothing is lost and
nothing is folded twice. A lost lease is tried again later. An error that no waiting mends is a bug: it ends
the worker, loudly, and whoever watches starts it again.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from heimta.channels.meta_audience import MetaAudience
from heimta.channels.outside import Outside
from heimta.channels.shop_coupons import Maker
from heimta.journeys.ask import share
from heimta.model.person import hubs_of
from heimta.model.restore import RestoreRow
from heimta.model.visitor import VisitorState
from heimta.operate.watchdog import watch
from heimta.rules.tokens import BadToken, ExpiredToken, read_restore, shop_of
from heimta.store import coupons, keys, restore
from heimta.store.clock import StoreClock
from heimta.store.connect import Client, sharing
from heimta.store.faults import is_away
from heimta.store.log import Log
from heimta.store.partition import LostLease, PartitionStore
from heimta.store.partitions import settle
from heimta.worker.audiences import Audiences, Network
from heimta.worker.carriers.all import Carriers
from heimta.worker.ceilings import Ceilings
from heimta.worker.contexts import Contexts
from heimta.worker.effects import Redeemed
from heimta.worker.figures import Figures
from heimta.worker.mint import Mint
from heimta.worker.outbox import Lane
from heimta.worker.owner import READ, Owner, is_outside
from heimta.worker.pack import Packer
from heimta.worker.pulse import Pulse
from heimta.worker.relay import Relays
from heimta.worker.rounds import Rounds
from heimta.worker.samples import Samples
from heimta.worker.send import Sender
from heimta.worker.shares import Shares
from heimta.worker.slot import fresh
from heimta.worker.sweep import Sweep

PULSE_S = 0.02
REFRESH_S = 1.0
RENEW_S = 3.0
RETRY_S = 1.0
STUCK_S = keys.LEASE_MS / 1000  # a loop that stands still for longer owns nothing any more
BEAT_S = 1.0
MINT_S = 5.0
TRIM_S = 60.0
TURN_S = 0.5  # a partition has a turn this often, whatever comes
# Timers, and a page of products' news, wait this long while the log is behind: then what was there is folded.
BUSY_FIRE_S = 2.0
LAST_WORD_S = 2.0  # for a store that keeps silent while we stop
SEND_S = 11.0  # a send has 10 s
LINES = 2  # to the store, for the owners' steps: what several ask at the same time goes together
SENDS = 32  # messages on the wire at once, for each partition, shop and channel
RETRIES = 16  # more of them, which were tried before: they wait for a moment, not for a place

log = structlog.get_logger()


class Worker:
    """clock: this machine's, ms, UTC. Timers go by Redis' clock: a wrong one here must not send early.

    name: no other living worker's; the leases of the dead one that had it are taken over at once (slot.py).
    replicas: how many must have a fact that goes to another partition, before it is gone from this one.
    makers: of coupons at shops, by platform. network: who is told of ad audiences.
    """

    def __init__(
        self,
        redis: Client,
        carriers: Carriers,
        *,
        partitions: int,
        edge_url: str,
        clock: Callable[[], int],
        name: str = "",
        replicas: int = 0,
        makers: Mapping[str, Maker] | None = None,
        network: Network | None = None,
    ) -> None:
        self._redis = redis
        self._partitions = partitions
        self._clock = StoreClock(redis, clock)
        self._contexts = Contexts(redis)
        self._log = Log(redis, replicas=replicas)
        contexts = self._contexts
        packer = Packer(edge_url=edge_url, keep_row=self._keep_row)
        self._sender = Sender(
            redis,
            carriers,
            packer,
            partitions=partitions,
            hold=lambda: contexts.hold,
            confirm=self._replicated if replicas else None,
        )
        self._replicas = replicas
        name = name or fresh()
        self._token = f"{name}/{fresh()}"
        self._samples = Samples(redis, carriers, packer, contexts, partitions=partitions, clock=self._clock)
        rounds = Rounds(redis, contexts.shops, contexts.secrets, token=self._token, clock=self._clock)
        self._ads = Audiences(rounds, network=network or MetaAudience(Outside()))
        self._mint = Mint(rounds, makers=makers or {})
        self._at_work: dict[int, Owner] = {}
        self._sweep = Sweep(redis, contexts.shops, self._at_work, clock=self._clock)
        self._lines = [sharing(redis) for _ in range(min(partitions, LINES))]
        self._alone = asyncio.Lock()
        self._shares = Shares(redis, name, partitions)
        self._pulse = Pulse(redis)
        self._ceilings = Ceilings(rounds)
        self.figures = Figures(
            coupons=self._mint.figures,
            ads=self._ads.figures,
            volumes=self._ceilings.volumes,
            refused=self._sender.refused,
        )
        self._is_stopping = False

    def stop(self) -> None:
        """Take nothing new on. To be called before `run` is cancelled: until Python 3.12 asyncio.wait_for,
        and so redis-py, may swallow a cancellation, and whoever missed it leaves its loop by this.
        """
        self._is_stopping = True

    async def run(self) -> None:
        """Run until cancelled; gives the leases back at the end. Raises PartitionsChanged or HalfRestored."""
        for look, trouble in (
            (
                self._settle,
                "the number of partitions cannot be read",
            ),  # the process's start may have missed it
            (self._clock.look, "the time cannot be read"),
            (self._contexts.refresh, "shops cannot be read"),
        ):
            while not await self._try(look, trouble):
                await asyncio.sleep(RETRY_S)
        await self._try(self._beat, "the other workers cannot be seen")
        if self._is_stopping:
            return
        # What was made at start lives for ever: keep the collector off it. Steps make no cycles to speak of.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch(STUCK_S))
                tasks.create_task(self._every(REFRESH_S, self._contexts.refresh, "shops cannot be read"))
                tasks.create_task(self._every(BEAT_S, self._beat, "the other workers cannot be seen"))
                tasks.create_task(self._every(BEAT_S, self._clock.look, "the time cannot be read"))
                tasks.create_task(self._every(BEAT_S, self._ads.look, "ad audiences cannot be told"))
                tasks.create_task(self._every(BEAT_S, self._sweep.look, "visitors cannot be looked through"))
                tasks.create_task(self._every(BEAT_S, self._samples.look, "samples cannot be sent"))
                tasks.create_task(self._every(MINT_S, self._mint.look, "coupons cannot be looked at"))
                tasks.create_task(self._every(MINT_S, self._ceilings.look, "messages cannot be counted"))
                tasks.create_task(self._every(PULSE_S, self._pulse.beat, "the logs cannot be read"))
                for partition in range(self._partitions):
                    tasks.create_task(self._own(partition))
        finally:
            await self._at_the_end(self._ads.close(), "ad audiences are not called off")
            await self._at_the_end(self._mint.close(), "making coupons is not called off")
            await self._at_the_end(self._samples.close(), "samples are not called off")
            await self._at_the_end(self._shares.leave(), "the other workers wait for our leases to end")

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]], trouble: str) -> None:
        while not self._is_stopping:
            done = await self._try(do, trouble)
            await self._rest(seconds if done else max(seconds, RETRY_S))

    async def _rest(self, seconds: float) -> None:
        if not self._is_stopping:
            await asyncio.sleep(seconds)

    async def _try(self, do: Callable[[], Awaitable[None]], trouble: str) -> bool:
        """Whether it was done; False while Redis is away."""
        try:
            await do()
        except Exception as error:
            self._wait_out(trouble, error)
            return False
        return True

    async def _settle(self) -> None:
        await settle(self._redis, self._partitions)

    async def _beat(self) -> None:
        await self._shares.beat()
        self.figures.share = self._shares.share
        now = self._clock()
        for partition, owner in self._at_work.items():
            since, due = owner.unfolded_since, owner.due_since
            self.figures.fold_lag_ms[partition] = max(0, now - since) if since else 0
            self.figures.due_lag_ms[partition] = max(0, now - due) if due else 0

    async def _own(self, partition: int) -> None:
        """Own one partition whenever it is this worker's share, for as long as possible."""
        owner = Owner(
            PartitionStore(self._lines[partition % len(self._lines)], partition, self._token),
            self._contexts.shops,
            owners=self._owners,
            redeem=self._redeem,
            refresh=self._contexts.refresh,
            share=self._share,
            alone=self._alone,
            tallies=self.figures,
            gone=self._contexts.gone,
        )
        while not self._is_stopping:
            try:
                if self._shares.claim(partition) and await owner.take_over():
                    self.figures.owned.add(partition)
                    self._at_work[partition] = owner
                    self._pulse.join(partition, lambda: owner.outcomes)
                    await self._work(owner)
                    await owner.release()
            except LostLease as lost:
                log.warning("lease lost", partition=partition, why=str(lost))
            except asyncio.CancelledError:
                await self._at_the_end(owner.release(), "lease left to run out", partition=partition)
                raise
            except Exception as error:
                self._wait_out("partition waits", error, partition=partition)
            finally:
                self._shares.drop(partition)
                self._at_work.pop(partition, None)
                self._pulse.leave(partition)
                self.figures.forget(partition)
            await self._rest(RETRY_S)

    async def _work(self, owner: Owner) -> None:
        """Until the partition should be somebody else's."""
        sends: set[asyncio.Task[None]] = set()
        flying: dict[str, Lane] = {}
        relays = Relays(self._redis, self._log, owner, partitions=self._partitions, clock=self._clock)
        renew_at = trim_at = spread_at = 0.0
        must_fire_at = asyncio.get_running_loop().time() + BUSY_FIRE_S
        try:
            while not (self._is_stopping or self._shares.is_surplus(owner.partition)):
                loop_now = asyncio.get_running_loop().time()
                now = self._clock()
                count = await owner.fold()
                if owner.has_ads:  # at once: an order stops ads, and the messages of other browsers
                    owner.has_ads = False  # a step that is written meanwhile says so again
                    await self._ads.carry(owner.partition)
                if owner.has_relays:
                    await relays.carry()
                # Timers wait until the log is folded, but not for ever on a shop's busiest day.
                # Where many are due, the next are fired after the next step of the log, and so in turns.
                if owner.wake_at <= now and (count < READ or loop_now >= must_fire_at):
                    await owner.fire_due(now=now)
                    must_fire_at = loop_now + BUSY_FIRE_S
                if owner.has_relays and (count < READ or loop_now >= spread_at):
                    await relays.spread()
                    spread_at = loop_now + BUSY_FIRE_S
                spare_s = (owner.wake_at - self._clock()) / 1000
                if count == 0 and spare_s > 0 and not (owner.has_relays or owner.has_ads):
                    retry_s = max(PULSE_S, (owner.outbox.next_at - self._clock()) / 1000)
                    await self._pulse.wait(owner.partition, min(TURN_S, spare_s, retry_s))
                if loop_now >= renew_at:
                    await owner.renew()
                    self.figures.dead[owner.partition] = await owner.dead()
                    renew_at = loop_now + RENEW_S
                if loop_now >= trim_at:
                    await owner.trim(now - keys.LOG_KEEP_MS, now - keys.DEAD_KEEP_MS)
                    trim_at = loop_now + TRIM_S
                self._start_sends(owner, sends, flying, self._clock())
                for done in [task for task in sends if task.done()]:
                    sends.discard(done)
                    done.result()  # an error of a send is an error of the partition: read again, try again
        finally:
            await self._land(owner, sends)

    async def _land(self, owner: Owner, sends: set[asyncio.Task[None]]) -> None:
        """A message on the wire is waited for: cut off, it would be sent again. The lease is kept so long."""
        until = asyncio.get_running_loop().time() + SEND_S
        waiting = {task for task in sends if not task.done()}
        while waiting and asyncio.get_running_loop().time() < until:
            _, waiting = await asyncio.wait(waiting, timeout=RENEW_S)
            if waiting:
                await self._at_the_end(owner.renew(), "lease left to run out", partition=owner.partition)
        for task in sends:
            task.cancel()
        await asyncio.gather(*sends, return_exceptions=True)

    def _start_sends(
        self, owner: Owner, sends: set[asyncio.Task[None]], flying: dict[str, Lane], now: int
    ) -> None:
        on_wire = Counter(flying.values())
        for lane, messages in owner.outbox.lanes(now).items():
            context, kept = self._contexts.shops.get(lane[0]), self._contexts.secrets.get(lane[0])
            if context is None or kept is None or self._sender.is_paused(lane, now=now):
                continue
            for message in messages:
                if on_wire[lane] >= (SENDS + RETRIES if message.tries else SENDS):
                    break
                if message.id in flying or message.journey in context.held:
                    continue
                flying[message.id] = lane
                on_wire[lane] += 1
                task = asyncio.create_task(self._sender.send(owner, message, context, kept, now=now))
                task.add_done_callback(partial(self._landed, owner.partition, flying, message.id))
                sends.add(task)

    def _landed(
        self, partition: int, flying: dict[str, Lane], message: str, task: asyncio.Task[None]
    ) -> None:
        lane = flying.pop(message)
        # The next ones go together, by half of what may be on the wire: they share their round trips.
        if list(flying.values()).count(lane) == SENDS // 2:
            self._pulse.wake(partition)

    async def _owners(self, tokens: set[tuple[str, str]]) -> dict[str, str]:
        """Whose cart each restore token stands for; a bad or old token stands for nobody's."""
        found: dict[str, str] = {}
        for shop, token in tokens:
            kept = self._contexts.secrets.get(shop)
            if kept is None or shop_of(token) != shop:
                continue
            try:
                partition, row_id = read_restore(kept.signing, token)
            except (BadToken, ExpiredToken):
                continue
            row = await restore.find(self._redis, shop, partition, row_id)
            if row is not None:
                found[token] = row.visitor
        return found

    async def _redeem(self, used: list[Redeemed]) -> None:
        now = self._clock()
        for each in used:
            code, order, minor = each.code, each.order, each.total_minor
            await coupons.redeem(
                self._redis,
                each.shop,
                code,
                order,
                self._partitions,
                total_minor=minor,
                mark=each.mark,
                now=now,
            )

    async def _share(self, states: list[VisitorState]) -> None:
        for state in states:
            now = self._clock()
            await share(self._redis, state, partitions=self._partitions, now=now)
            hubs = hubs_of(state)
            await coupons.share(self._redis, state.shop, state.visitor, hubs, self._partitions, now=now)

    async def _keep_row(self, shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        await restore.keep(self._sender.line, shop, partition, row_id, row)

    async def _replicated(self, partition: int) -> None:
        """A replica holds a prefix of its master's history: who has this write has all before it."""
        await Log(self._redis, probe=keys.probe(partition), replicas=self._replicas).probe()

    def _wait_out(self, what: str, error: Exception, **more: object) -> None:
        """Note that Redis is away; raises any other error again."""
        if not is_away(error):
            raise error
        self.figures.redis_errors += 1
        log.warning(what, why=f"{type(error).__name__}: {error}", **more)

    async def _at_the_end(self, last: Awaitable[None], trouble: str, **more: object) -> None:
        """A last word to Redis, which may be away: then time does the same, later."""
        try:
            async with asyncio.timeout(LAST_WORD_S):
                await last
        except Exception as error:
            if not is_outside(error):
                raise
            log.info(trouble, why=f"{type(error).__name__}: {error}", **more)
