"""What becomes of messages that had their turn: gone with an outcome, or kept for later. Pure.

Many end in one write: their outcomes into the log, the rows that tell why, the outbox without them or with
what is kept. So a merchant never reads of a message that it was sent and misses by which rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec
from msgspec import Struct

from heimta.model.channel import Channel
from heimta.model.message import DeliveryNote, Message
from heimta.store.partition import Dead, Pair, Write
from heimta.store.why import Row

MOST = 64  # in a write: Redis is held for about a millisecond

Rows: TypeAlias = tuple[Row, ...]  # of the send log, the last the newest

_json = msgspec.json.Encoder().encode


class Ending(Struct, frozen=True):
    """message: as it was, or as it is kept. note: its outcome; None if it is kept, or if its visitor was
    erased meanwhile: then nothing is told of it. bug: what broke the sender.
    """

    message: Message
    rows: Rows = ()
    note: DeliveryNote | None = None
    now: int = 0  # ms
    bug: str = ""
    is_kept: bool = False


def write_of(endings: Iterable[Ending]) -> Write:
    """All of it in one step."""
    write = Write()
    told: dict[Pair, list[Row]] = {}
    for ending in endings:
        message = ending.message
        if ending.rows:
            told.setdefault((message.shop, message.visitor), []).extend(ending.rows)
        if ending.is_kept:
            write.outbox[message.id] = _json(message)
            continue
        write.outbox_done.append(message.id)
        if ending.note is None:
            continue
        write.log.append((message.shop, "delivery", ending.now, _json(ending.note)))
        if ending.bug:
            raw, tries = _json(message), message.tries + 1
            write.dead.append(Dead(message.shop, "message", ending.now, raw, "", "", ending.bug, tries))
    write.told = told
    return write


def outcomes_of(endings: Iterable[Ending]) -> list[tuple[Channel, str]]:
    """Channel and outcome of those that have one."""
    return [(ending.message.channel, ending.note.outcome) for ending in endings if ending.note is not None]
