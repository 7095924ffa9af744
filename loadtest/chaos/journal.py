"""What the shoppers wrote down: each request before it was sent, each answer after it was read.

A line is a JSON array: `["s", seq, visitor, src, [[n, name], …]]` before a batch is sent, `["o", seq,
visitor, order, minor]` before an order is, `["a", seq]` once the answer said that it is stored. One write
call a line, so that what was written survives the writer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

EventName = tuple[str, str, int]  # visitor, source, number: an event, for ever


class Journal:
    """Where shoppers write. Each line is handed to the kernel before the next step is taken."""

    def __init__(self, file: Path) -> None:
        self._out = file.open("ab", buffering=0)
        self._seq = 0

    def sending(self, visitor: str, src: str, events: list[tuple[int, str]]) -> int:
        return self._write("s", visitor, src, events)

    def ordering(self, visitor: str, order: str, minor: int) -> int:
        return self._write("o", visitor, order, minor)

    def acked(self, seq: int) -> None:
        self._out.write(orjson.dumps(["a", seq]) + b"\n")

    def close(self) -> None:
        self._out.close()

    def _write(self, kind: str, *told: Any) -> int:
        self._seq += 1
        self._out.write(orjson.dumps([kind, self._seq, *told]) + b"\n")
        return self._seq


@dataclass
class Told:
    """A journal, read: what was sent at all, and what was acknowledged."""

    names: dict[EventName, str] = field(default_factory=dict)
    acked: set[EventName] = field(default_factory=set)
    orders: dict[tuple[str, str], int] = field(default_factory=dict)  # (visitor, order) -> minor units
    acked_orders: set[tuple[str, str]] = field(default_factory=set)

    @property
    def visitors(self) -> set[str]:
        return {visitor for visitor, _, _ in self.names} | {visitor for visitor, _ in self.orders}


def read(file: Path) -> Told:
    told = Told()
    batches: dict[int, list[EventName]] = {}
    orders: dict[int, tuple[str, str]] = {}
    for line in file.read_bytes().splitlines():
        kind, seq, *more = orjson.loads(line)
        if kind == "s":
            visitor, src, events = more
            batches[seq] = [(visitor, src, n) for n, _ in events]
            for n, name in events:
                told.names[(visitor, src, n)] = name
        elif kind == "o":
            visitor, order, minor = more
            orders[seq] = (visitor, order)
            told.orders[(visitor, order)] = minor
        elif seq in batches:
            told.acked |= set(batches[seq])
        else:
            told.acked_orders.add(orders[seq])
    return told
