"""Holds every connection to its deadlines, and makes room when there are too many.

One look at all of them twice a second instead of a timer for each: a request that comes and goes between two
looks costs nothing here. When the process is full, those that wait give way to those that come: a
32nd of the room at once (many share the cost of the search), of the peers with most, the oldest first.
With a reverse proxy in front all peers are one, and it is simply the oldest that go.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import structlog

from heimta.serving.connection import Connection, Phase
from heimta.serving.limits import Limits

TOLD_EVERY_S = 10.0
TURN_S = 0.002  # of looking and closing, before requests get their turn
# Endings a turn. To begin one takes little of TURN_S; what the loop does of it after the turn takes far more,
# and held requests up for 25 to 33 ms when TURN_S alone was the measure.
ENDS = 16
WAITING: frozenset[Phase] = frozenset(("silent", "head", "body", "idle", "ending"))

log = structlog.get_logger()


class Keeper:
    """cut: connections ended by us, by reason, since the start."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Connection] = set()
        self._peers: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._full_until = 0.0  # loop time before which it is useless to look for room again
        self._told_at = 0.0
        self._told: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()

    def admit(self, connection: Connection) -> None:
        """Take a new connection in, or abort it when there is no room and none can be made."""
        peer = connection.peer
        if self._limits.peer and self._peers[peer] >= self._limits.peer:
            self._turn_away(connection, "too many of one peer")
            return
        if len(self._open) >= self._limits.connections and not self._make_room(connection.opened):
            self._turn_away(connection, "full")
            return
        self._open.add(connection)
        self._peers[peer] += 1
        if self._timer is None:
            self._timer = connection.loop.call_later(self._limits.sweep, self._sweep, connection.loop)

    def forget(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.discard(connection)
            self._peers[connection.peer] -= 1
            if not self._peers[connection.peer]:
                del self._peers[connection.peer]

    def count(self, why: str) -> None:
        self.cut[why] += 1

    def _turn_away(self, connection: Connection, why: str) -> None:
        self.count(why)
        connection.deaf = True
        connection.transport.abort()

    def _make_room(self, now: float) -> bool:
        """Abort those that wait, the oldest of the peers with most of them. False when nobody waits."""
        if now < self._full_until:
            return False
        ranks: Counter[str] = Counter()
        waiting: list[tuple[int, float, Connection]] = []
        for connection in sorted(self._open, key=_opened, reverse=True):
            if connection.phase in WAITING:
                ranks[connection.peer] += 1
                waiting.append((-ranks[connection.peer], connection.opened, connection))
        waiting.sort(key=lambda row: row[:2])
        for _, _, connection in waiting[: max(1, self._limits.connections // 32)]:
            self.count("made room")
            connection.deaf = True
            connection.transport.abort()
            self.forget(connection)
        if not waiting:
            self._full_until = now + self._limits.sweep
        return bool(waiting)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """One round: all that are open now, some at a time, so that closing thousands holds nobody up."""
        self._look_on(loop, list(self._open))

    def _look_on(self, loop: asyncio.AbstractEventLoop, left: list[Connection]) -> None:
        now = loop.time()
        began = time.perf_counter()
        ends = 0
        while left and ends < ENDS and time.perf_counter() - began < TURN_S:
            connection = left.pop()
            if connection in self._open:
                ends += self._look(connection, now)
        if left:
            self._timer = loop.call_later(TURN_S, self._look_on, loop, left)
            return
        self._timer = loop.call_later(self._limits.sweep, self._sweep, loop) if self._open else None
        if now - self._told_at >= TOLD_EVERY_S and self.cut != self._told:
            log.warning("connections cut", **dict(self.cut - self._told), open=len(self._open))
            self._told_at, self._told = now, Counter(self.cut)

    def _look(self, connection: Connection, now: float) -> bool:
        """Whether that was its end."""
        phase = connection.phase
        if connection.scope is not connection.seen_request:
            # It began after the last look, or with the connection; a silent one's first head has begun there.
            since = max(connection.opened, now - self._limits.sweep)
            if connection.seen_request is not None:
                connection.head_since = since
            connection.seen_request, connection.request_since = connection.scope, since
        if phase != connection.seen_phase:
            connection.seen_phase, connection.phase_since = phase, now
        if not connection.transport.get_write_buffer_size():
            connection.answer_since = now
        elif now - connection.answer_since > self._limits.answer:
            self._cut(connection, "answer not read")
            return True
        match phase:
            case "silent" if now - connection.head_since >= self._limits.head:
                self.count("silent")
                connection.transport.close()
            case "head" if now - connection.head_since >= self._limits.head:
                connection.refuse(408)
            case "body" if now - connection.request_since >= self._limits.request:
                connection.refuse(408)
            case "idle" if now - connection.phase_since >= self._limits.idle:
                connection.transport.close()
            case "ending" if connection.deaf and now - connection.phase_since >= self._limits.linger:
                connection.transport.abort()
            case _:
                return False
        return True

    def _cut(self, connection: Connection, why: str) -> None:
        self.count(why)
        connection.deaf = True
        connection.transport.abort()


def _opened(connection: Connection) -> float:
    return connection.opened
