"""Runs shoppers.py as a child and steers it."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from heimta.launch import lifeline
from loadtest.chaos.shoppers import AT_WORK, Config, Summary


class Load:
    """Shoppers at work, from `start` to `finish`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns once the first of them was answered."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "loadtest.chaos.shoppers",
            msgspec.json.encode(self.config).decode(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=lifeline.tie_to_parent(),
        )
        assert self._process.stdout is not None
        if await self._process.stdout.readline() != AT_WORK:
            raise RuntimeError("the shoppers did not begin; their words are above")

    def phase(self, name: str) -> None:
        """File what is sent from now on under this name."""
        self._write(f"phase {name}\n")

    async def finish(self) -> Summary:
        """Nothing is broken any more: until all is well, all is home, and they have summed it up."""
        assert self._process is not None and self._process.stdout is not None
        self._write("end\n")
        told = await self._process.stdout.read()
        if await self._process.wait() != 0:
            raise RuntimeError("the shoppers broke; their words are above")
        return msgspec.json.decode(told, type=Summary)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _write(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(line.encode())
