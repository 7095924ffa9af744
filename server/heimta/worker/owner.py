"""Owns one partition: reads its log, folds, writes, fires timers. All I/O; every decision is elsewhere.

One step at a time (a lock), so a send that wants the newest state waits for the step in hand.

One entry never stops the others. What cannot be read, or breaks the fold, becomes a dead letter in the same
write that passes over it; the step it broke is split in halves until the culprit is alone. What ends the
whole process cannot be caught, only remembered: an owner that comes after a crash folds what its forerunner
may have had in hand in a child first (suspects.py); if that does not tell, one by one, each noted before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from time import perf_counter

import msgspec
import structlog

from heimta.model.message import DeliveryNote, Message
from heimta.model.product import ProductNote
from heimta.model.visitor import VisitorState
from heimta.store.faults import is_away
from heimta.store.groups import Groups
from heimta.store.partition import Dead, LostLease, Pair, PartitionStore, RawEntry, Write
from heimta.worker import endings
from heimta.worker.apply import apply_fact
from heimta.worker.effects import Effects
from heimta.worker.endings import Ending, Rows, outcomes_of, write_of
from heimta.worker.entries import is_for_known, place, restore_tokens
from heimta.worker.hands import Contexts, Owners, Redeem, Refresh, Share, share_nothing
from heimta.worker.letters import dead_entry, dead_timer
from heimta.worker.outbox import Outbox
from heimta.worker.reading import read_all
from heimta.worker.step import step_write
from heimta.worker.suspects import first_fatal_entry
from heimta.worker.tallies import Tallies
from heimta.worker.timers import fire_all

# Entries a step. A round trip is shared by many, and still 256 partitions in one process all have their turn,
# some 20 ms each, before a lease ends.
READ = 250
GENTLE = 50  # while it catches up after a crash: the worker's other partitions must hardly notice
DUE = 200  # timers a step: Redis is held for less than a millisecond
TRIES = 3  # what ended a child is tried twice more
ENDS = 8  # ends of the worker with one entry alone in hand that came through a child: seven may be chance

Seen = tuple[VisitorState | None, str]  # a state, and the place of the log up to which it knows everything

_WAS_DUE = -1  # a timer in the due set that is no state's next one

log = structlog.get_logger()

_unpack = msgspec.msgpack.Decoder(VisitorState).decode
_json = msgspec.json.Encoder().encode
_message = msgspec.json.Decoder(Message).decode


def is_outside(error: Exception) -> bool:
    """Not ours to survive: Redis away, or another owner. The loop waits, then starts anew."""
    return isinstance(error, LostLease) or is_away(error)


class Owner:
    """contexts: kept up to date by the caller; entries of shops not in it become dead letters.
    gone: shops that were deleted, kept up to date, too: what is left of them is passed over.
    alone: held while a suspect is folded: one for all partitions of a process, else innocents are suspected
        with it.
    """

    def __init__(
        self,
        store: PartitionStore,
        contexts: Contexts,
        *,
        owners: Owners,
        redeem: Redeem,
        refresh: Refresh,
        share: Share = share_nothing,
        alone: asyncio.Lock | None = None,
        tallies: Tallies | None = None,
        gone: Collection[str] = (),
    ) -> None:
        self._store = store
        self._contexts = contexts
        self._gone = gone
        self._owners = owners
        self._redeem = redeem
        self._refresh = refresh
        self._share = share
        self._alone = alone or asyncio.Lock()
        self._tallies = tallies or Tallies()
        self._at = "0"
        self._careful = 0  # entries that may have ended the owner before
        self._is_behind = False  # since the owner before died
        self._lock = asyncio.Lock()
        self._looks: Groups[tuple[str, str, bool], Seen] = Groups(self._look, most=endings.MOST)
        self._endings: Groups[Ending, None] = Groups(self._end, most=endings.MOST)
        self.outbox = Outbox()
        # Dead letters written; outcomes of messages that we have put into the log, or are about to.
        self.poison = self.outcomes = 0
        self.unfolded_since = 0  # when the oldest entry that is not folded came, ms by Redis' clock; 0: none
        self.due_since = 0  # when the earliest timer that has not fired was due, ms; 0: none
        # Facts for others, changes of ad audiences; perhaps: what an owner before left is looked for.
        self.has_relays = self.has_ads = True
        self.wake_at = 0  # when the earliest timer is due, ms by Redis' clock; 0: look

    @property
    def partition(self) -> int:
        return self._store.partition

    @property
    def is_careful(self) -> bool:
        """The owner before died, and what it may have had in hand is not folded yet."""
        return self._careful > 0

    async def take_over(self) -> bool:
        """Try to become the owner. True when the lease is ours and everything kept was read."""
        async with self._lock:
            if (taken := await self._store.acquire()) is None:
                return False
            self._careful, self._is_behind = (READ, True) if taken.crashed else (0, False)
            self._at = await self._store.checkpoint()
            self.wake_at, self.has_relays, self.has_ads = 0, True, True
            self.outbox = Outbox(_message(raw) for raw in await self._store.outbox())
            return True

    async def release(self) -> None:
        async with self._lock:
            await self._store.release()

    async def fold(self) -> int:
        """Fold what the log holds beyond the checkpoint, at most READ entries. Returns how many."""
        async with self._lock:
            return await self._fold()

    async def _fold(self) -> int:
        count = GENTLE if self._is_behind and not self._careful else READ
        entries = await self._store.read_log(self._at, count)
        self._is_behind = self._is_behind and len(entries) == count
        if not entries:
            self._careful = self.unfolded_since = 0
            return 0
        self.unfolded_since = place(entries[0][0].decode())[0]
        if self._careful:
            entries = entries[: self._careful]
            await self._fold_suspects(entries)
            self._careful -= len(entries)
        else:
            await self._fold_or_split(entries)
        self._tallies.folded += len(entries)
        if len(entries) < count:
            self.unfolded_since = 0
        return len(entries)

    async def _fold_suspects(self, entries: list[RawEntry]) -> None:
        """Fold what may have ended the worker before, in a child first.

        If the child comes through and the worker ends again, what was noted tells the next life: one by one.
        """
        while entries:
            fatal = await self._first_fatal(entries)
            fine = entries[:fatal]
            if await self._store.has_suspects():
                for entry in fine:
                    async with self._alone:
                        await self._fold_suspect(entry)
            elif fine:
                async with self._alone:
                    for start in range(0, len(fine), GENTLE):
                        name = fine[start][0].decode()
                        await self._store.suspect(name)
                        await self._fold_or_split(fine[start : start + GENTLE], cleared=[name])
            if fatal is None:
                return
            await self._fold_suspect(entries[fatal], has_ended=True)
            entries = entries[fatal + 1 :]

    async def _fold_suspect(self, entry: RawEntry, *, has_ended: bool = False) -> None:
        """Fold one entry after a crash, or pass over it if it was in hand at too many ends.

        has_ended: it ended a child, which is tried again instead of the worker. What came through a child has
        more patience: a worker that is killed again and again for another reason dies with something in hand.
        """
        name = entry[0].decode()
        while (begun := await self._store.suspect(name)) < (TRIES if has_ended else ENDS):
            if not has_ended or await self._first_fatal([entry]) is None:
                await self._fold_or_split([entry], cleared=[name])
                return
        log.error("entry ends the worker", partition=self.partition, entry=name, tries=begun)
        await self._bury(entry, "the worker died with it in hand", tries=begun, cleared=[name])

    async def _first_fatal(self, entries: list[RawEntry]) -> int | None:
        return await first_fatal_entry(
            entries, self._store, self._contexts, owners=self._owners, fold=apply_fact
        )

    async def _fold_or_split(self, entries: list[RawEntry], *, cleared: list[str] | None = None) -> None:
        """Fold, and when that breaks, each half alone: a bug, or an entry made to find one."""
        try:
            await self._fold_entries(entries, cleared or [])
        except Exception as fault:
            if is_outside(fault):
                raise
            half = len(entries) // 2
            if half:
                await self._fold_or_split(entries[:half], cleared=cleared)
                await self._fold_or_split(entries[half:])
                return
            name = entries[0][0].decode()
            log.exception("entry cannot be folded", partition=self.partition, entry=name)
            await self._bury(entries[0], f"{type(fault).__name__}: {fault}", cleared=cleared)

    async def _bury(
        self, entry: RawEntry, why: str, *, tries: int = 1, cleared: list[str] | None = None
    ) -> None:
        dead = [dead_entry(entry, why, tries)]
        await self._write({}, Effects(), checkpoint=entry[0].decode(), dead=dead, cleared=cleared)

    async def _fold_entries(self, entries: list[RawEntry], cleared: list[str]) -> None:
        facts, dead = await read_all(
            entries, self._contexts, self._refresh, partition=self.partition, gone=self._gone
        )
        effects = Effects()
        states = await self._load({(fact.shop, fact.visitor) for fact in facts})
        timers = {names: state.next_due for names, state in states.items()}
        restored = await self._owners(restore_tokens(facts))
        for fact in facts:
            names = (fact.shop, fact.visitor)
            if isinstance(fact.note, ProductNote) and not fact.visitor:
                effects.relays.append((fact.shop, fact.note))  # for all who watch it (watch.py)
            elif names in states or not is_for_known(fact):
                states[names] = apply_fact(
                    states.get(names),
                    fact,
                    context=self._contexts[fact.shop],
                    effects=effects,
                    restored=restored,
                )
        await self._redeem(effects.redeemed)
        if effects.shared:
            await self._share([states[names] for names in sorted(effects.shared)])
        await self._store.note(effects.heard, effects.proofs, effects.watched)
        checkpoint = entries[-1][0].decode()
        await self._write(states, effects, timers=timers, checkpoint=checkpoint, dead=dead, cleared=cleared)

    async def _drain(self) -> None:
        """Fold everything that was acknowledged before this call; what comes meanwhile may wait."""
        last = place(await self._store.last_id())
        while place(self._at) < last and await self._fold():
            pass

    async def fire_due(self, *, now: int) -> int:
        """Fire timers that are due, at most DUE, once the log is drained. Returns how many."""
        async with self._lock:
            await self._drain()
            wanted = await self._store.due(now, DUE)
            self.due_since = wanted[0][1] if wanted else 0
            if wanted:
                await self._fire_or_split([names for names, _ in wanted], now)
            self.wake_at = 0 if wanted else await self._store.next_due()
            self._tallies.fired += len(wanted)
            return len(wanted)

    async def _fire_or_split(self, wanted: list[Pair], now: int) -> None:
        """Fire, and when that breaks, each half alone; the one that breaks it gives up its timers."""
        try:
            await self._fire(wanted, now)
        except Exception as fault:
            if is_outside(fault):
                raise
            half = len(wanted) // 2
            if half:
                await self._fire_or_split(wanted[:half], now)
                await self._fire_or_split(wanted[half:], now)
                return
            log.exception("timer cannot be fired", partition=self.partition)
            dead = dead_timer(wanted[0], f"{type(fault).__name__}: {fault}", now)
            await self._write({}, Effects(), timers=dict.fromkeys(wanted, _WAS_DUE), dead=[dead])

    async def _fire(self, wanted: list[Pair], now: int) -> None:
        effects = Effects()
        states = await self._load({names for names in wanted if names[0] not in self._gone})
        fire_all(states, self._contexts, effects=effects, now=now)
        # What was due is set anew or leaves the set, also a timer whose visitor is gone.
        await self._write(states, effects, timers=dict.fromkeys(wanted, _WAS_DUE))

    async def renew(self) -> None:
        """Keep the lease while there is nothing to do. Raises LostLease."""
        async with self._lock:
            await self._store.write(Write(), expected=self._at)
            self.outbox.drop_shops(self._gone)
            self.wake_at = 0  # look, now and then: a timer that we did not set is seen as well

    async def look(self, shop: str, visitor: str, *, drains: bool = True) -> Seen:
        """The visitor's state, and the place in the log up to which it knows everything.

        drains: up to the log's end, so after everything that was acknowledged so far.
        """
        return await self._looks.ask((shop, visitor, drains))

    async def _look(self, asked: list[tuple[str, str, bool]]) -> list[Seen]:
        async with self._lock:
            if any(drains for _, _, drains in asked):
                await self._drain()
            states = await self._load({(shop, visitor) for shop, visitor, _ in asked})
            return [(states.get((shop, visitor)), self._at) for shop, visitor, _ in asked]

    async def claim(self, message: Message, since: str, *, mark: bool) -> bool:
        """Take a message for the wire: False if something of the visitor was acknowledged since that place.
        mark: keep the message as it is given, in the same instant.
        """
        if not mark:  # nothing of ours changes: waiting for the step in hand would make the claim old
            return await self._store.claim(message.visitor, message.id, b"", since=since)
        async with self._lock:
            if claimed := await self._store.claim(message.visitor, message.id, _json(message), since=since):
                self.outbox.put(message)
            return claimed

    async def finish(
        self, message: Message, note: DeliveryNote | None, *, now: int, bug: str = "", rows: Rows = ()
    ) -> None:
        """Take a message out of the outbox; its outcome goes back into the log in the same step, and the rows
        that tell why. note: None if its visitor was erased. bug: what broke the sender, for the dead letters.
        """
        await self._endings.ask(Ending(message, rows, note, now, bug))

    async def postpone(self, message: Message, *, rows: Rows = ()) -> None:
        """Keep a message for later; `message.not_before` says when."""
        await self._endings.ask(Ending(message, rows, is_kept=True))

    async def _end(self, ended: list[Ending]) -> list[None]:
        async with self._lock:
            write = write_of([Ending(x.message) if x.message.shop in self._gone else x for x in ended])
            self.outcomes += len(write.log)
            await self._store.write(write, expected=self._at)
            self.poison += len(write.dead)
            self._tallies.sent.update(outcomes_of(ended))
            for ending in ended:
                self.outbox.drop(ending.message.id)
                if ending.is_kept:
                    self.outbox.put(ending.message)
        return [None] * len(ended)

    async def relays(self, after: str = "") -> list[RawEntry]:
        """Facts that wait to be carried to other partitions. after: those behind that one."""
        if not self.has_relays:
            return []
        self.has_relays = bool(after)  # a step that is written meanwhile says so again
        rows = await self._store.relays(after)
        self.has_relays = self.has_relays or bool(rows)
        return rows

    async def relayed(self, ids: list[bytes]) -> None:
        await self._store.relayed(ids)

    async def trim(self, before_ms: int, dead_before_ms: int = 0) -> None:
        """Drop old log entries, never one that is not folded yet; and old dead letters."""
        await self._store.trim(min(before_ms, place(self._at)[0]))
        await self._store.trim_dead(dead_before_ms)

    async def dead(self) -> int:
        return await self._store.dead()

    async def _load(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], VisitorState]:
        names = list(wanted)
        rows = await self._store.states(names)
        return {pair: _unpack(row) for pair, row in zip(names, rows, strict=True) if row is not None}

    async def _write(
        self,
        states: dict[Pair, VisitorState],
        effects: Effects,
        *,
        timers: dict[Pair, int] | None = None,
        checkpoint: str = "",
        dead: list[Dead] | None = None,
        cleared: list[str] | None = None,
    ) -> None:
        """As step_write has them."""
        write = step_write(
            states,
            effects,
            timers=timers or {},
            checkpoint=checkpoint,
            dead=dead or [],
            cleared=cleared or [],
        )
        began = perf_counter()
        await self._store.write(write, expected=self._at)
        self._tallies.commits.observe(perf_counter() - began)
        self._at = checkpoint or self._at
        self.wake_at = min([self.wake_at, *filter(None, write.due.values())])
        self.outbox.put(*effects.messages)
        self.poison += len(write.dead)
        self.has_relays = self.has_relays or bool(write.relays)
        self.has_ads = self.has_ads or bool(write.ads)
