"""Runs a request that only ever waits for futures, without the bookkeeping of a task.

asyncio enters each task into a set of weak references, kept by Python code until 3.14, and gives its end a
callback and a turn of the loop. Together that is a tenth of what a batch costs (make bench-ingest). The hot
address waits for two things, its body and its group, so it is driven by hand. Not for code that asks for its
own task, as asyncio.timeout and anyio do: that gets a task as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Light:
    """Stands where uvicorn keeps its tasks: a stop waits until there are none, and cancels them at last.

    coroutine: may wait for futures of this loop, or give up its turn; nothing else. others: where it stands
        while it runs.
    """

    __slots__ = ("_coroutine", "_is_cancelled", "_loop", "_others", "_waited")

    def __init__(
        self, coroutine: Coroutine[Any, None, None], others: set[Any], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._coroutine = coroutine
        self._others = others
        self._loop = loop
        self._waited: asyncio.Future[Any] | None = None
        self._is_cancelled = False
        others.add(self)
        loop.call_soon(self._step)

    def _step(self, _: object = None) -> None:
        """Run until it waits again. What it raises goes to the loop's handler, as from any callback."""
        self._waited = None
        try:
            if self._is_cancelled:
                self._is_cancelled = False
                waited = self._coroutine.throw(asyncio.CancelledError())
            else:
                waited = self._coroutine.send(None)
        except BaseException as end:
            self._others.discard(self)
            if not isinstance(end, StopIteration | asyncio.CancelledError):
                raise
            return
        if waited is None:  # it gave up its turn
            self._loop.call_soon(self._step)
        else:
            waited._asyncio_future_blocking = False  # as a task says that it has seen the future
            self._waited = waited
            waited.add_done_callback(self._step)

    def cancel(self, msg: object = None) -> None:
        """As of a task: what it waits for is cancelled, and it hears of that where it waits."""
        if self._waited is None or not self._waited.cancel(msg):
            self._is_cancelled = True
