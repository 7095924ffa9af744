"""Closing thousands of connections leaves room between them for those who ask for something."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from heimta.serving.connection import Connection
from heimta.serving.keeper import Keeper
from heimta.serving.limits import Limits

MANY = 400
MOST = 20


class Silent:
    """As much of a connection as the keeper looks at; it has been silent for long enough."""

    def __init__(self, loop: asyncio.AbstractEventLoop, opened: float, ended: list[int]) -> None:
        self.loop, self.opened, self.head_since = loop, opened, opened
        self.peer, self.phase, self.seen_phase, self.phase_since = "a", "silent", "silent", opened
        self.scope = self.seen_request = object()
        self.request_since = self.answer_since = opened
        self._ended = ended
        self.transport: Any = SimpleNamespace(get_write_buffer_size=lambda: 0, close=self._close)

    def _close(self) -> None:
        self.phase = "gone"
        self._ended[-1] += 1


async def test_few_end_in_a_turn_of_the_loop_and_all_in_the_end() -> None:
    loop = asyncio.get_running_loop()
    ended = [0]  # a figure for each turn of the loop
    kept = Keeper(Limits(head=1.0, sweep=0.01))
    for _ in range(MANY):
        kept.admit(cast(Connection, Silent(loop, loop.time() - 2, ended)))
    async with asyncio.timeout(30):
        while sum(ended) < MANY:
            ended.append(0)
            await asyncio.sleep(0)
    assert max(ended) <= MOST
    assert kept.cut["silent"] == MANY
