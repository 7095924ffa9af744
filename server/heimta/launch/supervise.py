"""Runs a few of our own commands as children: starts them, watches them, stops them all.

One loop in the main thread and no other: the kernel's parent-death signal follows the thread that
started a child. Each child writes to its own log file, so that the terminal stays readable.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from heimta.launch import lifeline
from heimta.launch.health import is_healthy
from heimta.launch.lock import LaunchError
from heimta.launch.stop import Stop
from heimta.launch.words import last_words

TICK_S = 0.1
LOOK_S = 10.0  # between two looks at whether a child answers
ANSWER_S = 1.0  # for that: nothing else is done meanwhile
# Looks in a row without an answer, and it is ended. Looks, not seconds: we may have slept ourselves. Many:
# one that is merely besieged answers now and then, and ending it would cost those it does answer.
DEAF = 18
READY_S = 30.0
PATIENCE_S = 3.0  # between asking children to stop and insisting: a person waits at the terminal
STEADY_S = 30.0  # a child that ran this long has earned a fresh backoff
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)


class Command(Struct, frozen=True):
    """One child: `python -m heimta ARGS…`, healthy when GET http://host:port/healthz says 200."""

    name: str
    args: tuple[str, ...]
    environ: Mapping[str, str]
    host: str
    port: int
    program: tuple[str, ...] = (sys.executable, "-m", "heimta")


def record_of(data: Path, name: str) -> Path:
    return data / "run" / f"{name}.json"


class Backoff:
    """How long until something that ended is started again: ever longer, unless it ran for a while.

    most_s: and no longer than this.
    """

    def __init__(self, most_s: float = BACKOFF_S[-1]) -> None:
        self._failures = 0
        self._most_s = most_s

    def wait_s(self, *, ran_s: float) -> float:
        self._failures = 0 if ran_s > STEADY_S else self._failures
        wait = min(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)], self._most_s)
        self._failures += 1
        return wait


class Child:
    """One running Command, and what to do when it ends."""

    def __init__(self, command: Command, data: Path) -> None:
        self.command = command
        self.log = data / "logs" / f"{command.name}.log"
        self.record = record_of(data, command.name)
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0  # monotonic seconds, as all times in this file
        self.backoff = Backoff()
        self.start_again_at: float | None = None
        self.look_at = 0.0
        self.unanswered: int | None = None  # looks in a row; None before it answered at all

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command.program, *self.command.args],
                env=dict(self.command.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lifeline.tie_to_parent(),
            )
        with contextlib.suppress(OSError):  # a full disk: it serves what needs none, and dies with us
            lifeline.write_record(self.record, self.process.pid)
        self.started_at = time.monotonic()
        self.start_again_at = self.unanswered = None

    def exit_code(self) -> int | None:
        return self.process.poll() if self.process is not None else None

    def is_healthy(self, *, timeout_s: float = 2) -> bool:
        return is_healthy(self.command.host, self.command.port, timeout_s=timeout_s)

    def is_deaf(self, now: float) -> bool:
        """Whether it answered once and has not for long. It may be there and be of no use: stopped, or out of
        descriptors. (One whose loop is stuck ends by itself: operate/watchdog.py.)
        """
        if now < self.look_at:
            return False
        self.look_at = now + LOOK_S
        if self.is_healthy(timeout_s=ANSWER_S):
            self.unanswered = 0
        elif self.unanswered is not None:
            self.unanswered += 1
        return self.unanswered is not None and self.unanswered >= DEAF


class Supervisor:
    """`say` prints one line to the person at the terminal."""

    def __init__(self, data: Path, say: Callable[[str], None], stop: Stop) -> None:
        self.data = data
        self.say = say
        self.stop_signal = stop
        self.children: list[Child] = []

    def heal(self, *names: str) -> None:
        """Stop what a killed run left over under these names, so that its ports are free again."""
        for name in names:
            lifeline.stop_leftover(record_of(self.data, name))

    def start(self, *commands: Command) -> None:
        for command in commands:
            child = Child(command, self.data)
            self.children.append(child)
            child.start()

    def wait_until_ready(self) -> None:
        """Until every child is healthy. Raises LaunchError if one ends or keeps silent."""
        until = time.monotonic() + READY_S
        waiting = list(self.children)
        while waiting:
            for child in waiting:
                if child.exit_code() is not None:
                    raise LaunchError(
                        f"{child.command.name} ended at once: {last_words(child.log)} (see {child.log})"
                    )
                if time.monotonic() > until:
                    raise LaunchError(
                        f"{child.command.name} did not answer on port {child.command.port} "
                        f"in {READY_S:.0f} s (see {child.log})"
                    )
            waiting = [child for child in waiting if not child.is_healthy()]
            self.stop_signal.pause(TICK_S if waiting else 0)

    def watch(self, each_tick: Callable[[], None]) -> None:
        """Until StopAsked: start again what ended, ever more slowly, and end what does not answer."""
        while True:
            for child in self.children:
                self._tend(child, time.monotonic())
            each_tick()
            self.stop_signal.pause(TICK_S)

    def _tend(self, child: Child, now: float) -> None:
        name, code = child.command.name, child.exit_code()
        if code is None:
            if child.process is not None and child.is_deaf(now):
                self.say(
                    f"{name} has not answered for {DEAF * LOOK_S:.0f} s; it is ended. Its log: {child.log}"
                )
                child.process.kill()
                child.unanswered = None
            return
        if child.start_again_at is None:
            wait = child.backoff.wait_s(ran_s=now - child.started_at)
            child.start_again_at = now + wait
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.say(f"{name} ended ({how}); starting it again in {wait:g} s. Its log: {child.log}")
        elif now >= child.start_again_at:
            try:
                child.start()
            except OSError as error:  # no memory for another process, or no log: the others go on
                wait = child.backoff.wait_s(ran_s=0)
                child.start_again_at = now + wait
                self.say(f"{name} cannot be started ({error}); the next try is in {wait:g} s")

    def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Ask all to stop at once, then insist. Nothing of ours runs when this returns."""
        running = [child.process for child in self.children if child.process and child.exit_code() is None]
        for process in running:
            process.terminate()
        until = time.monotonic() + patience_s
        for process in running:
            try:
                process.wait(timeout=max(0.05, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in self.children:
            child.record.unlink(missing_ok=True)
