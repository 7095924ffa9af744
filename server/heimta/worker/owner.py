"""Owns one partition: reads its log, folds, writes, fires timers. All I/O; every decision is elsewhere.

One step at a time (a lock), so a send that wants the newest state waits for the step in hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from redis.exceptions import RedisError

from heimta.ingest.entry import RelayNote
from heimta.model.message import DeliveryNote, Message
from heimta.model.visitor import VisitorState
from heimta.store.partition import LostLease, PartitionStore, RawEntry, Write
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import Fact, Poison, read_fact, restore_tokens
from heimta.worker.timers import fire, next_due

READ = 500  # entries a step
DUE = 200  # timers a step: Redis is held for less than a millisecond

Contexts = dict[str, ShopContext]
# Finds whose carts restore tokens stand for: {(shop, token)} -> token -> visitor.
Owners = Callable[[set[tuple[str, str]]], Awaitable[dict[str, str]]]
# Marks coupons as used: [(shop, code, order)]; may be asked twice for the same.
Redeem = Callable[[list[tuple[str, str, str]]], Awaitable[None]]

# Reads the shops' documents again; changes the contexts in place.
Refresh = Callable[[], Awaitable[None]]

# What is not ours to survive: Redis away, or another owner. The loop waits, then starts anew.
OUTSIDE = (RedisError, OSError, LostLease)

log = structlog.get_logger()

_pack = msgspec.msgpack.Encoder(order="sorted").encode  # the same state is the same bytes
_unpack = msgspec.msgpack.Decoder(VisitorState).decode
_json = msgspec.json.Encoder().encode
_relay = msgspec.json.Decoder(RelayNote).decode
_message = msgspec.json.Decoder(Message).decode


class Owner:
    """contexts: kept up to date by the caller; shops not in it are passed over with a warning."""

    def __init__(
        self, store: PartitionStore, contexts: Contexts, *, owners: Owners, redeem: Redeem, refresh: Refresh
    ) -> None:
        self._store = store
        self._contexts = contexts
        self._owners = owners
        self._redeem = redeem
        self._refresh = refresh
        self._at = "0"
        self._lock = asyncio.Lock()
        self.outbox: dict[str, Message] = {}
        self.folded = 0
        self.poison = 0

    @property
    def partition(self) -> int:
        return self._store.partition

    async def take_over(self) -> bool:
        """Try to become the owner. True when the lease is ours and everything kept was read."""
        async with self._lock:
            if not await self._store.acquire():
                return False
            self._at = await self._store.checkpoint()
            kept = [_message(raw) for raw in await self._store.outbox()]
            self.outbox = {message.id: message for message in kept}
            return True

    async def release(self) -> None:
        async with self._lock:
            await self._store.release()

    async def fold(self, *, now: int) -> int:
        """Fold what the log holds beyond the checkpoint, at most READ entries. Returns how many."""
        async with self._lock:
            return await self._fold()

    async def _fold(self) -> int:
        entries = await self._store.read_log(self._at, READ)
        if not entries:
            return 0
        try:
            await self._fold_entries(entries)
        except OUTSIDE:
            raise
        except Exception:  # a bug, or an entry made to find one: the others must not wait for it
            for entry in entries:
                await self._fold_alone(entry)
        self.folded += len(entries)
        return len(entries)

    async def _fold_alone(self, entry: RawEntry) -> None:
        """Fold one entry, or pass over it, loudly, if it cannot be folded."""
        try:
            await self._fold_entries([entry])
        except OUTSIDE:
            raise
        except Exception:
            self.poison += 1
            log.exception("entry cannot be folded", partition=self.partition, entry=entry[0].decode())
            await self._write({}, Effects(), checkpoint=entry[0].decode())

    async def _fold_entries(self, entries: list[RawEntry]) -> None:
        facts = await self._of_known_shops(self._read(entries))
        effects = Effects()
        states = await self._load({(fact.shop, fact.visitor) for fact in facts})
        restored = await self._owners(restore_tokens(facts))
        for fact in facts:
            names = (fact.shop, fact.visitor)
            states[names] = apply_fact(
                states.get(names),
                fact,
                context=self._contexts[fact.shop],
                effects=effects,
                restored=restored,
            )
        await self._redeem(effects.redeemed)
        await self._write(states, effects, checkpoint=entries[-1][0].decode())

    def _read(self, entries: list[RawEntry]) -> list[Fact]:
        facts: list[Fact] = []
        for entry_id, fields in entries:
            try:
                facts.append(read_fact(entry_id, fields))
            except Poison as fault:
                self.poison += 1
                name = entry_id.decode()
                log.error("entry cannot be read", partition=self.partition, entry=name, why=str(fault))
        return facts

    async def _of_known_shops(self, facts: list[Fact]) -> list[Fact]:
        """The edge may know a new shop a moment before we do: look again before anything is passed over."""
        if any(fact.shop not in self._contexts for fact in facts):
            await self._refresh()
        for shop in {fact.shop for fact in facts if fact.shop not in self._contexts}:
            log.warning("entries of a shop that is gone", partition=self.partition, shop=shop)
        return [fact for fact in facts if fact.shop in self._contexts]

    async def _drain(self) -> None:
        """Fold everything that was acknowledged before this call; what comes meanwhile may wait."""
        last = _place(await self._store.last_id())
        while _place(self._at) < last and await self._fold():
            pass

    async def fire_due(self, *, now: int) -> int:
        """Fire timers that are due, at most DUE, once the log is drained. Returns how many."""
        async with self._lock:
            await self._drain()
            wanted = await self._store.due(now, DUE)
            if not wanted:
                return 0
            effects = Effects()
            states = await self._load({pair for pair in wanted if pair[0] in self._contexts})
            for names, state in list(states.items()):
                context = self._contexts[names[0]]
                try:
                    fire(state, context=context, effects=effects, now=now)
                    state.next_due = next_due(state, context)
                except Exception:  # a bug: this visitor's timers are given up, the others' are not
                    self.poison += 1
                    log.exception("timer cannot be fired", partition=self.partition)
                    del states[names]
            forgotten = [pair for pair in wanted if pair not in states]
            await self._write(states, effects, forgotten=forgotten)
            return len(wanted)

    async def renew(self) -> None:
        """Keep the lease while there is nothing to do. Raises LostLease."""
        async with self._lock:
            await self._store.write(Write(), expected=self._at)

    async def settled(self, shop: str, visitor: str) -> VisitorState | None:
        """The visitor's state after everything that was acknowledged so far."""
        async with self._lock:
            await self._drain()
            return (await self._load({(shop, visitor)})).get((shop, visitor))

    async def finish(self, message: Message, note: DeliveryNote, *, now: int) -> None:
        """Take a message out of the outbox; its outcome goes back into the log, in the same step."""
        async with self._lock:
            write = Write(outbox_done=[message.id], log=[(message.shop, "delivery", now, _json(note))])
            await self._store.write(write, expected=self._at)
            self.outbox.pop(message.id, None)

    async def postpone(self, message: Message) -> None:
        """Keep a message for later; `message.not_before` says when."""
        async with self._lock:
            await self._store.write(Write(outbox={message.id: _json(message)}), expected=self._at)
            self.outbox[message.id] = message

    async def relays(self) -> list[RawEntry]:
        """Facts that wait to be carried to other partitions."""
        return await self._store.relays()

    @staticmethod
    def relay_to(note: bytes) -> str:
        """The visitor a relayed fact is for."""
        return _relay(note).vid

    async def relayed(self, ids: list[bytes]) -> None:
        await self._store.relayed(ids)

    async def trim(self, before_ms: int) -> None:
        """Drop old log entries, never one that is not folded yet."""
        folded_ms = int(self._at.partition("-")[0])
        await self._store.trim(min(before_ms, folded_ms))

    async def _load(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], VisitorState]:
        names = sorted(wanted)
        rows = await self._store.states(names)
        return {pair: _unpack(row) for pair, row in zip(names, rows, strict=True) if row is not None}

    async def _write(
        self,
        states: dict[tuple[str, str], VisitorState],
        effects: Effects,
        *,
        checkpoint: str = "",
        forgotten: list[tuple[str, str]] | None = None,
    ) -> None:
        write = Write(
            checkpoint=checkpoint,
            states={names: (_pack(state), state.next_due) for names, state in states.items()},
            forgotten=forgotten or [],
            counts=dict(effects.counts),
            lift=dict(effects.lift),
            outbox={message.id: _json(message) for message in effects.messages},
            relays=[(shop, _json(note)) for shop, note in effects.relays],
        )
        await self._store.write(write, expected=self._at)
        self._at = checkpoint or self._at
        self.outbox |= {message.id: message for message in effects.messages}


def _place(entry_id: str) -> tuple[int, int]:
    """An entry's id as numbers, to be compared."""
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
