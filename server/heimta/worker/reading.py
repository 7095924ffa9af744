"""Make facts of a step's entries; what says nothing to us becomes a dead letter."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from heimta.store.partition import Dead, RawEntry
from heimta.worker.entries import Fact, Poison, read_fact
from heimta.worker.hands import Contexts, Refresh
from heimta.worker.letters import dead_entry

log = structlog.get_logger()


async def read_all(
    entries: list[RawEntry],
    contexts: Contexts,
    refresh: Refresh,
    *,
    partition: int,
    gone: Collection[str] = (),
) -> tuple[list[Fact], list[Dead]]:
    """What the entries say; and dead letters for those that say nothing, or of a shop nobody knows.

    gone: shops that were deleted; of those nothing is kept.
    """
    facts: list[Fact] = []
    dead: list[Dead] = []
    looked = False
    for entry in entries:
        try:
            fact = read_fact(*entry)
            # The edge may know a new shop a moment before we do: look again before it is passed over.
            if fact.shop not in contexts and not looked:
                await refresh()
                looked = True
            if fact.shop in gone:
                continue
            if fact.shop not in contexts:
                raise Poison(f"shop {fact.shop!r} is gone, or its documents cannot be read")
            facts.append(fact)
        except Poison as fault:
            name = entry[0].decode()
            log.error("entry cannot be read", partition=partition, entry=name, why=str(fault))
            dead.append(dead_entry(entry, str(fault)))
    return facts, dead
