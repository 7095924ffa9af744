"""Says every second that this edge lives: a backup must not be read into a store that one writes to."""

from __future__ import annotations

import asyncio
import secrets

import structlog
from redis.exceptions import RedisError

from heimta.store import keys, workers
from heimta.store.connect import Client

BEAT_S = 1.0
LAST_WORD_S = 1.0  # for a store that keeps silent while we stop

log = structlog.get_logger()


class Presence:
    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._name = secrets.token_urlsafe(9)
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="presence")

    async def stop(self) -> None:
        if self._task is None:
            return
        self._is_stopping = True  # until Python 3.12 redis-py may swallow the cancellation
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_WORD_S):
                await workers.leave(self._redis, self._name, among=keys.EDGES)
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("the word that this edge lives is left to run out", why=str(error))

    async def _run(self) -> None:
        while not self._is_stopping:
            try:
                await workers.beat(self._redis, self._name, among=keys.EDGES)
            except (RedisError, OSError) as error:  # whoever could restore into it cannot reach it either
                log.debug("not told that this edge lives", why=str(error))
            await asyncio.sleep(BEAT_S)
