"""A real Valkey that can be killed, stopped, filled and damaged: the embedded one, as our own child."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from heimta.launch import lifeline
from heimta.launch.valkey import CONFIG, _binary, ping
from heimta.store import partitions
from heimta.store.connect import Client, connect

START_S = 60.0


class StoreEnded(Exception):
    """It did not start; str() is its last words."""


class Store:
    """folder: a short path, since it holds the socket. file_limit: bytes a file of it may have, 0 for any."""

    def __init__(self, folder: Path, more: Mapping[str, str] | None = None, *, file_limit: int = 0) -> None:
        self.folder = folder
        self.socket = folder / "s"
        self.log = folder / "valkey.log"
        self.file_limit = file_limit
        self.config = {**CONFIG, "appendfsync": "everysec", **(more or {})}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def spawn(self) -> None:
        """Start without waiting for it."""
        self.socket.unlink(missing_ok=True)
        command = [str(_binary()), "--dir", str(self.folder), "--unixsocket", str(self.socket)]
        for name, value in self.config.items():
            command += [f"--{name}", value]
        tie, limit = lifeline.tie_to_parent(), self.file_limit

        def in_child() -> None:
            tie()
            if limit:  # a full disk for anyone: writes beyond it fail, as on a disk without room
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=in_child
            )

    async def start(self) -> None:
        """Start and wait until commands are answered. Raises StoreEnded."""
        self.spawn()
        until = time.monotonic() + START_S
        while not (await asyncio.to_thread(ping, self.socket)).startswith("+PONG"):
            if not self.is_alive():
                raise StoreEnded(self.last_words())
            if time.monotonic() > until:
                raise StoreEnded(f"no answer in {START_S:.0f} s; {self.last_words()}")
            await asyncio.sleep(0.02)

    def kill(self) -> None:
        """As the kernel's memory killer would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.is_alive():
            self.go_on()
            self.kill()

    def make_room(self) -> None:
        """The disk has room again, for the running server and for the next one."""
        self.file_limit = 0
        if self.is_alive():
            resource.prlimit(
                self.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return " / ".join(lines[-3:]) or "it left no message"


@asynccontextmanager
async def fresh_store(count: int, *, timeout_s: float = 5.0) -> AsyncIterator[tuple[Path, Store, Client]]:
    """A folder for whatever a proof writes, a store in it with so many partitions, and a client; all end with
    the proof. timeout_s: the client's.
    """
    async with AsyncExitStack() as end:
        # A short name: a socket's path may have about 100 bytes.
        held = tempfile.TemporaryDirectory(prefix="hs", ignore_cleanup_errors=True)
        folder = Path(end.enter_context(held))
        (folder / "v").mkdir()
        store = Store(folder / "v")
        end.callback(store.stop)
        await store.start()
        redis = connect(store.url, timeout_s=timeout_s)
        end.push_async_callback(redis.aclose)
        await partitions.settle(redis, count)
        yield folder, store, redis
