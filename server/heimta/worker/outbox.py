"""The messages of a partition that wait to be sent: those whose time has come, by shop and channel, at hand.

Quiet hours can hold back a hundred thousand for a night; nobody looks at them until the morning. And a
provider that hangs fills its own lane only.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from heimta.model.channel import Channel
from heimta.model.message import Message

Lane = tuple[str, Channel]  # shop and channel: one provider's


class Ready:
    """The messages of a lane whose time has come, the first first. What was tried before goes before what was
    not: whoever asked for five seconds must not wait for ten thousand others.
    """

    def __init__(self) -> None:
        self._tried: dict[str, Message] = {}
        self._new: dict[str, Message] = {}

    def __iter__(self) -> Iterator[Message]:
        return chain(self._tried.values(), self._new.values())

    def __len__(self) -> int:
        return len(self._tried) + len(self._new)

    def put(self, message: Message) -> None:
        (self._tried if message.tries else self._new)[message.id] = message

    def drop(self, name: str) -> None:
        self._tried.pop(name, None)
        self._new.pop(name, None)


class Outbox(Mapping[str, Message]):
    """By message id. What is put in again takes the place of what was there."""

    def __init__(self, kept: Iterable[Message] = ()) -> None:
        self._all: dict[str, Message] = {}
        self._waiting: list[tuple[int, str]] = []  # a heap of (not_before, id); some are out of date
        self._ready: dict[Lane, Ready] = {}
        self.put(*kept)

    def __getitem__(self, name: str) -> Message:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def put(self, *messages: Message) -> None:
        for message in messages:
            self.drop(message.id)
            self._all[message.id] = message
            heapq.heappush(self._waiting, (message.not_before, message.id))

    def drop(self, name: str) -> None:
        """Nothing if it is not there."""
        held = self._all.pop(name, None)
        if held is None:
            return
        lane = (held.shop, held.channel)
        ready = self._ready.get(lane)
        if ready is not None:
            ready.drop(name)
        if not ready:
            self._ready.pop(lane, None)

    def drop_shops(self, gone: Collection[str]) -> None:
        """Messages of shops that are no more."""
        if gone:
            for name in [name for name, message in self._all.items() if message.shop in gone]:
                self.drop(name)

    @property
    def next_at(self) -> float:
        """When the next one's time comes, ms, or earlier; infinity: none waits for its time."""
        return self._waiting[0][0] if self._waiting else math.inf

    def lanes(self, now: int) -> Mapping[Lane, Ready]:
        """Those whose time has come at `now`, ms."""
        while self._waiting and self._waiting[0][0] <= now:
            at, name = heapq.heappop(self._waiting)
            message = self._all.get(name)
            if message is not None and message.not_before == at:
                self._ready.setdefault((message.shop, message.channel), Ready()).put(message)
        return self._ready
