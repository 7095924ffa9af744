"""Edges and workers as an operator runs them, each started again when it dies, as a supervisor would."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from heimta.launch import lifeline
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
READY_S = 40.0
AGAIN_S = 0.2  # a supervisor's first wait is 0.5 s
MAX_STARTS = 5  # a program that cannot start at all
EXIT_S = 25.0  # asked to stop and still there: killed, and told
HEIMTA = (sys.executable, "-m", "heimta")


class Process:
    """One edge or worker on a port of its own. `again`: start it when it ends."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self.name, self.port = name, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{name}.log"
        self.again = False
        self.starts = 0
        self._command = list(command)
        role = "WORKER" if name.startswith("worker") else "EDGE"
        self._environ = {**environ, f"HEIMTA_{role}_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lifeline.tie_to_parent(),
            )
        self.starts += 1
        self.again = True

    def kill(self) -> None:
        """-9, in the middle of whatever it does. The keeper starts it again."""
        if self.is_alive() and self._process is not None:
            self._process.kill()
            self._process.wait()

    async def end(self) -> tuple[float, int]:
        """SIGTERM, and no new start. Returns the seconds it took and the exit code."""
        assert self._process is not None
        self.again = False
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        while self._process.poll() is None:
            if time.monotonic() - began > EXIT_S:
                self.kill()
            await asyncio.sleep(0.02)
        return time.monotonic() - began, self._process.returncode

    async def wait_until_ready(self, path: str = "/readyz") -> None:
        until, starts = time.monotonic() + READY_S, self.starts
        while await asyncio.to_thread(_status, self.url + path) != 200:
            if time.monotonic() > until or self.starts > starts + MAX_STARTS:
                raise RuntimeError(f"{self.name} does not get ready: {self.last_words()}")
            await asyncio.sleep(0.05)

    def memory_kb(self) -> int:
        """Resident; Linux only."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-1500:] if self.log.exists() else "no log"


def _status(url: str) -> int:
    """0 when nobody answers."""
    try:
        with urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code
    except OSError:
        return 0


class System:
    """All processes of one Heimta, and the keeper that starts again what died."""

    def __init__(self, folder: Path, redis_url: str, partitions: int, push_origin: str) -> None:
        self.folder = folder
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")},
            "PYTHONPATH": f"{ROOT / 'server'}:{ROOT}",
            "HEIMTA_REDIS_URL": redis_url,
            "HEIMTA_DATA": str(folder),
            "HEIMTA_PARTITIONS": str(partitions),
            "HEIMTA_PUSH_ORIGINS": push_origin,
            "HEIMTA_SHOP_MB_PER_MINUTE": "1000000",  # all load is one shop's
        }
        self.edges: list[Process] = []
        self.workers: list[Process] = []
        self._keeper: asyncio.Task[None] | None = None

    @property
    def all(self) -> list[Process]:
        return [*self.edges, *self.workers]

    def add(self, role: str, command: Sequence[str] = HEIMTA, **more: str) -> Process:
        """One more edge or worker; not started yet."""
        mine = self.edges if role == "edge" else self.workers
        program = [*command, role] if tuple(command) == HEIMTA else list(command)
        process = Process(f"{role}-{len(mine) + 1}", program, {**self.environ, **more}, self.folder)
        mine.append(process)
        return process

    async def start(self) -> None:
        for process in self.all:
            process.start()
        self._keeper = asyncio.create_task(self._keep())
        for process in self.all:
            await process.wait_until_ready("/healthz" if process in self.workers else "/readyz")

    async def _keep(self) -> None:
        while True:
            for process in self.all:
                if process.again and not process.is_alive():
                    await asyncio.sleep(AGAIN_S)
                    if process.again:
                        process.start()
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for process in self.all:
            process.again = False
            process.kill()
