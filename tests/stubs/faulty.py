"""What a provider's stub does instead of answering as it should, as a test asks for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler


@web.middleware
async def packed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers go compressed to whoever says that they read it, as from every provider's front door."""
    answer = await handler(request)
    answer.enable_compression()
    return answer


@dataclass(frozen=True)
class Fault:
    """status 0: no answer at all. taken: the message went out all the same. hang: silent until let go."""

    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    taken: bool = False
    hang: bool = False


LINE_CUT = Fault(taken=True)  # the message was taken; the line broke before the answer
SILENCE = Fault(hang=True)


class Faults:
    """The next requests' faults, first come first served."""

    def __init__(self) -> None:
        self._coming: deque[Fault] = deque()
        self.let_go = asyncio.Event()

    def add(self, *faults: Fault) -> None:
        self._coming.extend(faults)

    def next(self) -> Fault | None:
        return self._coming.popleft() if self._coming else None

    async def answer(self, fault: Fault, request: web.Request) -> web.Response:
        if fault.hang:
            await self.let_go.wait()
        if not fault.status:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=fault.status or 200, text=fault.body, headers=fault.headers)
