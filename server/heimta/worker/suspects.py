"""Which of some entries would end the worker that folds them: told by a child that folds them first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from heimta.model.visitor import VisitorState
from heimta.store.partition import PartitionStore, RawEntry
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import Fact, Poison, read_fact, restore_tokens
from heimta.worker.trial import first_fatal

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_unpack = msgspec.msgpack.Decoder(VisitorState).decode


async def first_fatal_entry(
    entries: list[RawEntry],
    store: PartitionStore,
    contexts: dict[str, ShopContext],
    *,
    owners: Callable[[set[tuple[str, str]]], Awaitable[dict[str, str]]],
    fold: Callable[..., VisitorState],
) -> int | None:
    """The place of the first entry that ends a process which reads it, or folds it; None if none does.

    Nothing is written, whatever they lead to. fold: apply_fact. owners: as for Owner.
    """
    fatal = await first_fatal(entries, lambda entry: read_fact(*entry))
    facts: dict[bytes, Fact] = {}
    for entry in entries[:fatal]:
        with suppress(Poison):  # it becomes a dead letter where it is folded in earnest
            fact = read_fact(*entry)
            if fact.shop in contexts:
                facts[entry[0]] = fact
    names = list({(fact.shop, fact.visitor) for fact in facts.values()})
    states = dict(zip(names, await store.states(names), strict=True))
    restored = await owners(restore_tokens(list(facts.values())))

    def attempt(entry: RawEntry) -> None:
        fact = facts.get(entry[0])
        if fact is None:
            return
        pair = (fact.shop, fact.visitor)
        row = states[pair]
        before = _unpack(row) if row is not None else None
        after = fold(before, fact, context=contexts[fact.shop], effects=Effects(), restored=restored)
        states[pair] = _pack(after)

    first = await first_fatal(entries[:fatal], attempt)
    return fatal if first is None else first
