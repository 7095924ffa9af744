"""What `heimta demo` and `heimta serve` share: one run on one data folder, from start to Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from heimta import settings
from heimta.launch.lock import LaunchError, data_folder
from heimta.launch.stop import Stop, StopAsked
from heimta.launch.supervise import Backoff, Supervisor
from heimta.launch.valkey import Valkey

ROLES = ("edge", "worker", "console", "shop")
STORE_S = 15.0  # at most, from one try to start the store again to the next: all is well 30 s after the fault


class Session:
    """The data folder is held, and nothing of an earlier run is left on it."""

    def __init__(
        self,
        given: settings.Settings,
        data: Path,
        supervisor: Supervisor,
        stack: ExitStack,
        patience_s: float,
    ) -> None:
        self.given = given
        self.data = data
        self.supervisor = supervisor
        self.stack = stack
        self.patience_s = patience_s
        self.store: Valkey | None = None
        self._began = self._store_began = time.monotonic()
        self._store_backoff = Backoff(most_s=STORE_S)
        self._store_again_at: float | None = None

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def open_store(self) -> dict[str, str]:
        """Start the embedded Valkey unless HEIMTA_REDIS_URL names a server. Returns what children need."""
        url = self.given.redis_url
        if url is None:
            pause = self.supervisor.stop_signal.pause
            given = self.given
            self.store = Valkey(self.data, pause, appendfsync=given.appendfsync, memory_mb=given.memory_mb)
            self.store.start()
            # Stopped after the children: the stack is unwound from its end.
            self.stack.callback(self.store.stop)
            url = self.store.url
        self.stack.callback(self.supervisor.stop, self.patience_s)
        return {"HEIMTA_REDIS_URL": url, "HEIMTA_DATA": str(self.data)}

    def tend_store(self) -> None:
        """Start the embedded Valkey again when it ended. While it cannot (a full disk) the others go on:
        pages keep their events, and it is tried ever more slowly.
        """
        if self.store is None or self.store.is_alive():
            return
        now = time.monotonic()
        if self._store_again_at is None:
            wait = self._store_backoff.wait_s(ran_s=now - self._store_began)
            self._store_again_at = now + wait
            say(f"The embedded Valkey ended; starting it again in {wait:g} s. Its log: {self.store.log}")
        elif now >= self._store_again_at:
            self._store_again_at, self._store_began = None, now
            try:
                self.store.start()
            except (LaunchError, OSError) as error:
                say(f"The embedded Valkey cannot be started: {error}")


def run_until_stopped(
    name: str,
    start: Callable[[Mapping[str, str], Session], None],
    environ: Mapping[str, str],
    patience_s: float,
) -> int:
    """Hold the data folder, `start`, then watch until a signal. Returns the exit code.

    patience_s: how long children may finish what they have in hand.
    Whatever happens, no process of ours is left when this returns.
    """
    stop = Stop()
    stop.take_signals()
    try:
        given = settings.load(environ)
        with ExitStack() as stack:
            data = stack.enter_context(data_folder(given.data))
            session = Session(given, data, Supervisor(data, say, stop), stack, patience_s)
            try:
                session.supervisor.heal(*ROLES)
                start(environ, session)
                session.supervisor.watch(session.tend_store)
            except StopAsked:  # while starting or while running: what runs by now is stopped
                say("\nStopping …", end=" ")
        say("stopped. Everything is kept for the next start.")
    except (LaunchError, settings.SettingsError) as error:
        print(f"\n{name}: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # of a file or a process of ours: what cannot be reached is asked elsewhere
        print(f"\n{name}: {error.filename or given.data}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def say(line: str, end: str = "\n") -> None:
    with suppress(OSError):  # into a file on a full disk
        print(line, end=end, flush=True)
