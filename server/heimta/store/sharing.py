"""A client whose commands share round trips: what many tasks ask at about the same time goes down one
connection in one write, and is answered in one read.

redis-py takes a connection out of a pool for each command, waits for the write in a task of its own and arms
a time-out for the answer: some 150 us, of which the command is five. The sender asks for five things a
message, and for hundreds of messages at once; and each partition's owner for its steps.

Each command stays one of its own: its answer or its error is for who gave it, and those of one task keep
their order, since it waits for each. A line that breaks, or keeps silent for the client's time-out, is told
to all whose answers have not come, since their commands may have been executed; nothing is sent again.
"""

from __future__ import annotations

import asyncio
from typing import Any

import redis.asyncio as redis
from redis.exceptions import TimeoutError as NoAnswer

from heimta.store.groups import Groups
from heimta.store.packing import Packed, packed
from heimta.store.plain import PlainClient

MOST = 256  # commands in a write


class SharingClient(PlainClient):
    """Over a connection of another client's pool, which it keeps: to take one for each exchange costs more
    than the exchange. It ends with that client.

    Pipelines, and commands whose answer is not to be decoded, take connections of their own, as ever.
    """

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(connection_pool=client.connection_pool)
        self._line: Packed | None = None
        # redis-py's own looks a name up in capitals, which all names are in that its methods have.
        self._readers: dict[Any, Any] = dict(self.response_callbacks.items())
        self._groups: Groups[bytes, Any] = Groups(self._exchange, most=MOST)
        self._timeout_s = client.connection_pool.connection_kwargs.get("socket_timeout")

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        options.pop("keys", None)  # redis-py's own, for a cache that nobody asked for
        if options:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # left bare
        answer = await self._groups.ask(packed(args))
        read = self._readers.get(args[0])
        return answer if read is None else read(answer)

    async def _exchange(self, commands: list[bytes]) -> list[Any]:
        answers: list[Any] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._open_line()
                await line.exchange(commands, answers)
        except TimeoutError:
            answers += [NoAnswer("no answer in time")] * (len(commands) - len(answers))
        except (redis.RedisError, OSError) as fault:
            answers += [fault] * (len(commands) - len(answers))
        return answers

    async def _open_line(self) -> Packed:
        """The one we have, while it is good; nothing was sent over it then."""
        held, pool = self._line, self.connection_pool
        if held is not None:
            if await held.is_good():
                return held
            self._line = None
            await held.disconnect(nowait=True)
            await pool.release(held)
        line = await pool.get_connection()  # type: ignore[no-untyped-call]  # left bare
        assert isinstance(line, Packed)
        self._line = line
        return line
