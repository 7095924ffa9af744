"""A Redis that is not well: it takes connections and answers every command with one scripted error.

Replies are what Redis 7 and Valkey say in that state, word for word in their first word, which is what
clients look at. Setting up a connection succeeds, unless the mood is about that.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

# An answer to each command; '' answers nothing at all.
MOODS: dict[str, bytes] = {
    "readonly": b"-READONLY You can't write against a read only replica.\r\n",
    "loading": b"-LOADING Redis is loading the dataset in memory\r\n",
    "misconf": b"-MISCONF Errors writing to the AOF file: No space left on device\r\n",
    "oom": b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    "moved": b"-MOVED 3999 127.0.0.1:1\r\n",
    "noauth": b"-NOAUTH Authentication required.\r\n",
    "clusterdown": b"-CLUSTERDOWN The cluster is down\r\n",
    "busy": b"-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n",
    "noperm": b"-NOPERM User default has no permissions to run the 'evalsha' command\r\n",
    "masterdown": b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
    "garbage": b"\x00\xff<html>502 Bad Gateway</html>\r\n",
    "silent": b"",
}
SET_UP = {b"HELLO", b"CLIENT", b"AUTH", b"SELECT"}
STRICT = {"noauth", "loading", "garbage", "silent"}  # not even a connection is set up


class MoodyRedis:
    """mood: a name of MOODS; may change while connections are open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mood = "loading"
        self.asked = 0  # commands that got a scripted answer
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path), limit=2**22)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                name, *words = await _command(reader)
                if name in SET_UP and self.mood not in STRICT:
                    writer.write(_hello(words) if name == b"HELLO" else b"+OK\r\n")
                else:
                    self.asked += 1
                    writer.write(MOODS[self.mood])
                await writer.drain()
        self._writers.discard(writer)
        writer.transport.abort()


def _hello(words: list[bytes]) -> bytes:
    """The protocol that was asked for, 2 or 3; in its own form."""
    version = int(words[0]) if words else 2
    form = b"%1" if version == 3 else b"*2"
    return form + b"\r\n$5\r\nproto\r\n:%d\r\n" % version


async def _command(reader: asyncio.StreamReader) -> list[bytes]:
    """The next command, its name in capitals."""
    count = int((await reader.readuntil(b"\r\n"))[1:-2])
    words = []
    for _ in range(count):
        size = int((await reader.readuntil(b"\r\n"))[1:-2])
        words.append((await reader.readexactly(size + 2))[:-2])
    return [words[0].upper(), *words[1:]]
