"""A partition under everything at once: browsers, copies, orders, timers, crashes, rivals, wrong clocks.

Hypothesis plays the steps in any order against the real owner, the real store and a real Valkey;
tests/worker/crowd.py says what must be true. A few hundred steps here, always the same; HEIMTA_DEEP=200 plays
50,000 others.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from random import Random
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.exceptions import ConnectionError as Gone

from heimta.model.message import DeliveryNote, Message
from heimta.model.visitor import VisitorState
from heimta.store import dead, keys, rollups
from heimta.store.connect import Client, connect
from heimta.store.log import Log
from heimta.store.partition import LostLease, PartitionStore, Write
from heimta.worker.owner import Owner
from loadtest.stories import BEGIN, DAY, HOUR, MINUTE, Told
from loadtest.stories_shop import CONTEXT, ENDPOINTS
from tests.worker.crowd import TOKENS, VISITORS, Crowd
from tests.worker.shop import held_by

DEEP = int(os.environ.get("HEIMTA_DEEP", "1"))
PLAY = settings(
    max_examples=12 * DEEP if DEEP == 1 else 5 * DEEP,
    stateful_step_count=40 if DEEP == 1 else 50,
    deadline=None,
    derandomize=DEEP == 1,
    database=None,
    suppress_health_check=list(HealthCheck),
)
HOURS = st.sampled_from([1, 29 * MINUTE, 31 * MINUTE, 2 * HOUR, 13 * HOUR])
SEEDS = st.integers(0, 2**32)

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_unpack = msgspec.msgpack.Decoder(VisitorState).decode


class Fragile(PartitionStore):
    """A store whose worker dies at its next write: 'before' it, or 'after' it was made."""

    dies = ""

    async def write(self, write: Write, *, expected: str) -> None:
        if self.dies == "before":
            raise Gone("died before the write")
        await super().write(write, expected=expected)
        if self.dies == "after":
            raise Gone("died after the write")


class Partition(RuleBasedStateMachine):
    """runner, redis: one for all plays."""

    runner: asyncio.Runner
    redis: Client

    def __init__(self) -> None:
        super().__init__()
        self.do(self.redis.flushall())
        self.log = Log(self.redis)
        self.crowd = Crowd(Random(0))
        self.now = BEGIN
        self.wrong = 0  # how far the worker's clock is off, ms
        self.workers = 0
        self.decided: dict[str, Message] = {}
        self.ended: set[str] = set()
        self.sent: list[str] = []

    def do(self, work: Any) -> Any:
        return self.runner.run(_await(work))

    @initialize(seed=SEEDS)
    def open(self, seed: int) -> None:
        self.crowd.chance = Random(seed)
        for visitor in VISITORS[:2]:
            self.subscribe(visitor)
        self.hire()

    def hire(self) -> None:
        """A worker takes the partition over, as it does when a lease has run out."""
        self.workers += 1
        self.do(self.redis.delete(keys.lease(0)))
        self.store = Fragile(self.redis, 0, f"worker-{self.workers}")
        self.owner = Owner(self.store, {"demo": CONTEXT}, owners=_owners, redeem=_nothing, refresh=_never)
        assert self.do(self.owner.take_over())
        self.note_messages()

    def append(self, told: Told | None) -> None:
        if told is not None:
            self.crowd.told.append(told)
            self.do(self.log.append([told]))

    @rule(age=st.sampled_from([0, 0, 0, 40 * MINUTE, 20 * HOUR]))
    def browser_sends(self, age: int) -> None:
        self.append(self.crowd.visit(self.now, age=age))

    @rule()
    def browser_sends_again(self) -> None:
        self.append(self.crowd.again(self.now))

    @precondition(lambda self: self.crowd.told)
    @rule()
    def log_holds_a_copy(self) -> None:
        self.do(self.log.append([self.crowd.chance.choice(self.crowd.told)]))

    @rule()
    def shop_tells_an_order(self) -> None:
        self.append(self.crowd.buy(self.now))

    @rule(visitor=st.sampled_from(VISITORS))
    def subscribe(self, visitor: str) -> None:
        told = {"endpoint": ENDPOINTS[0], "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
        body = msgspec.json.encode({"vid": visitor, "subscription": told})
        self.append(Told("push", self.now, body))

    @rule()
    def worker_folds(self) -> None:
        self.do(self.owner.fold())

    def fold_all(self) -> None:
        """What was in hand at three deaths is a dead letter; somebody puts it back until it is folded."""
        while True:
            while self.do(self.owner.fold()):
                pass
            letters = self.do(dead.read(self.redis, 1))
            if not letters:
                return
            self.do(dead.replay(self.redis, [(letter.partition, letter.place) for letter in letters]))

    @rule(wait=HOURS)
    def time_passes(self, wait: int) -> None:
        self.now += wait
        self.fire()

    @rule(wrong=st.sampled_from([-HOUR, HOUR, DAY]))
    def worker_clock_jumps(self, wrong: int) -> None:
        self.wrong = wrong
        self.fire()
        self.wrong = 0
        self.fire()

    def fire(self) -> None:
        self.fold_all()
        now = self.now + self.wrong
        while self.do(self.owner.fire_due(now=now)):
            pass
        for message in self.note_messages():
            assert message.due_at <= now + 1000, "a step was decided before it was due"
            assert self.crowd.may_be_chased(message.visitor, message.cart), "decided after the order"

    def note_messages(self) -> list[Message]:
        new = [one for name, one in self.owner.outbox.items() if name not in self.decided]
        for message in self.owner.outbox.values():
            assert message.id not in self.ended, "decided twice"
        self.decided |= {message.id: message for message in new}
        return new

    @rule(how=st.sampled_from(["before", "after"]), firing=st.booleans())
    def worker_dies(self, how: str, firing: bool) -> None:
        self.store.dies = how
        try:
            if firing:
                self.do(self.owner.fire_due(now=self.now))
            else:
                self.do(self.owner.fold())
        except Gone:
            pass  # as a crash would: nothing of it is left but what was written
        self.hire()

    @rule()
    def a_rival_takes_over(self) -> None:
        paused = self.owner
        self.hire()
        before = self.do(_everything(self.redis))
        for step in (paused.renew(), paused.fire_due(now=self.now + DAY)):
            try:
                self.do(step)
            except LostLease:
                continue
            assert self.do(_everything(self.redis)) == before, "a worker without a lease wrote"
        assert self.do(_everything(self.redis)) == before, "a worker without a lease wrote"

    @rule(outcome=st.sampled_from(["sent", "failed", "gone", "later", "crash"]))
    def message_is_sent(self, outcome: str) -> None:
        self.fold_all()
        for message in list(self.owner.outbox.values()):
            state, _ = self.do(self.owner.look("demo", message.visitor))
            journey = CONTEXT.journeys[message.journey][0]
            held = held_by(state, message, journey, CONTEXT.shop, now=self.now)
            if held:
                self.finish(message, "skipped", 0)
                continue
            assert self.crowd.may_be_chased(message.visitor, message.cart), "sent after the order"
            if outcome == "later":
                self.do(self.owner.postpone(msgspec.structs.replace(message, tries=1)))
                continue
            self.sent.append(message.id)
            if outcome == "crash":  # sent and not recorded: it may be sent again, under the same id
                self.hire()
                return
            self.finish(message, outcome, state.addressed[0])

    def finish(self, message: Message, outcome: str, told: int) -> None:
        note = DeliveryNote(message.visitor, message.id, message.journey, outcome, told=told)
        self.do(self.owner.finish(message, note, now=self.now))
        self.ended.add(message.id)

    @rule()
    def facts_are_carried(self) -> None:
        rows = self.do(self.owner.relays())
        self.do(self.log.append([Told("relay", self.now, row[b"d"]) for _, row in rows]))
        if rows and self.crowd.chance.random() < 0.7:  # else the worker dies here, and carries them again
            self.do(self.owner.relayed([name for name, _ in rows]))

    @rule()
    def all_is_counted_once(self) -> None:
        self.fold_all()
        days = sorted({key.decode()[-8:] for key in self.do(self.redis.keys("{p00}:roll:*"))})
        found: Counter[str] = Counter()
        for row in self.do(rollups.counters(self.redis, "demo", days, 1)).values():
            found.update(row)
        expected = self.crowd.counters()
        wrong = {name: (found[name], by) for name, by in expected.items() if found[name] != by}
        assert wrong == {}, "counted, and how often it happened"

    @invariant()
    def due_set_and_states_agree(self) -> None:
        due = {}
        for visitor in VISITORS:
            raw = self.do(self.redis.get(keys.visitor(0, "demo", visitor)))
            if raw is None:
                continue
            state = _unpack(raw)
            assert _pack(state) == raw
            if state.next_due:
                due[f"demo:{visitor}".encode()] = float(state.next_due)
        assert dict(self.do(self.redis.zrange(keys.due(0), 0, -1, withscores=True))) == due

    def teardown(self) -> None:
        if self.workers:
            self.all_is_counted_once()


async def _await(work: Any) -> Any:
    return await work


async def _open(url: str) -> Client:
    return connect(url)


async def _owners(tokens: set[tuple[str, str]]) -> dict[str, str]:
    return {token: TOKENS[token] for _, token in tokens}


async def _nothing(used: list[tuple[str, str, str]]) -> None:
    return None


async def _never() -> None:
    raise AssertionError("the shop is known")


async def _everything(redis: Any) -> dict[bytes, object]:
    """All that a step can write, but for the log and the lease."""
    found: dict[bytes, object] = {}
    for key in await redis.keys("{p00}:*"):
        kind = await redis.type(key)
        if kind == b"hash":
            found[key] = await redis.hgetall(key)
        elif kind == b"zset":
            found[key] = await redis.zrange(key, 0, -1, withscores=True)
        elif kind == b"string" and key not in (keys.lease(0).encode(), keys.term(0).encode()):
            found[key] = await redis.get(key)
    return found


def test_whatever_happens_in_whatever_order_it_counts_once_and_nothing_follows_an_order(
    store_url: str,
) -> None:
    with asyncio.Runner() as runner:
        redis = runner.run(_open(store_url))
        try:
            machine = type("Machine", (Partition,), {"runner": runner, "redis": redis})
            run_state_machine_as_test(machine, settings=PLAY)
        finally:
            runner.run(redis.aclose())
