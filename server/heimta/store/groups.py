"""Those who ask for the same at about the same time share the work: a group commit.

Whoever asks while a group is under way waits for the next one, so a group is as large as the load makes it:
one alone waits for nobody, and among hundreds the cost of a round trip is a share of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Groups(Generic[Asked, Told]):
    """do: the work for a group; its answers in the order of the questions. An exception in the place of an
    answer is raised to who asked; one that `do` raises is raised to all of the group. most: in a group.
    """

    def __init__(
        self, do: Callable[[list[Asked]], Awaitable[Sequence[Told | Exception]]], *, most: int
    ) -> None:
        self._do = do
        self._most = most
        self._waiting: list[tuple[Asked, asyncio.Future[Told]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Told:
        """What `do` answers. Who gives up before the group has begun is left out of it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Told] = loop.create_future()
        self._waiting.append((asked, answer))
        if self._task is None:
            self._task = loop.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._one([one for one in group if not one[1].done()])
        finally:
            self._task = None
            for _, answer in self._waiting:  # the loop ends
                answer.cancel()
            self._waiting = []

    async def _one(self, group: list[tuple[Asked, asyncio.Future[Told]]]) -> None:
        if not group:
            return
        told: Sequence[Told | Exception]
        try:
            told = await self._do([asked for asked, _ in group])
        except Exception as fault:  # theirs to judge, each for itself
            told = [fault] * len(group)
        except BaseException:
            for _, answer in group:
                answer.cancel()
            raise
        for (_, answer), one in zip(group, told, strict=True):
            if answer.done():
                continue
            if isinstance(one, Exception):
                answer.set_exception(one)
            else:
                answer.set_result(one)
