"""`heimta worker` or `heimta edge` with another clock, or with a bug that some visitors' entries meet.

The product has no hook for either: its own command is run here after the two functions were wrapped.
Run by a scenario as `python -m loadtest.chaos.odd CONFIG`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from heimta import app, roles
from heimta.store.clock import StoreClock
from heimta.worker import owner

HANG_S = 3600.0
FOLD = "apply_fact"  # what worker/owner.py folds an entry with


class Oddity(Struct):
    """clock: a file that holds `+ms` or `-ms` beside the true time, or `=ms` instead of it; '' for none.

    everywhere: that time is everyone's, Redis' too; otherwise this machine alone has it wrong.

    poison: visitor -> raise, kill or hang, when an entry of theirs is folded. touched: a file that gets a
    byte for each such entry that was begun.
    """

    role: str
    clock: str = ""
    everywhere: bool = False
    poison: dict[str, str] = {}
    touched: str = ""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "loadtest.chaos.odd", msgspec.json.encode(self).decode()]


class FileClock:
    """Where scenarios set the time. The file is small, and rewritten in place by one write call."""

    def __init__(self, file: Path) -> None:
        self._fd = os.open(file, os.O_RDWR | os.O_CREAT)

    def set(self, told: str) -> None:
        os.pwrite(self._fd, told.ljust(24).encode(), 0)

    def now(self) -> int:
        told = os.pread(self._fd, 24, 0).decode().strip()
        if told.startswith("="):
            return int(told[1:])
        return time.time_ns() // 1_000_000 + int(told or 0)


def with_poison(real: Callable[..., Any], oddity: Oddity) -> Callable[..., Any]:
    def apply_fact(state: Any, fact: Any, **more: Any) -> Any:
        how = oddity.poison.get(fact.visitor)
        if how:
            with open(oddity.touched, "ab", buffering=0) as touched:
                touched.write(how[0].encode())
        if how == "raise":
            raise ZeroDivisionError("a bug that this visitor meets")
        if how == "kill":
            os._exit(1)
        if how == "hang":
            time.sleep(HANG_S)
        return real(state, fact, **more)

    return apply_fact


def main() -> None:
    oddity = msgspec.json.decode(sys.argv[1], type=Oddity)
    if oddity.clock:
        told = FileClock(Path(oddity.clock))
        app.now_ms = told.now
        if oddity.everywhere:
            StoreClock.__call__ = lambda self: told.now()  # type: ignore[method-assign]
    if oddity.poison:
        setattr(owner, FOLD, with_poison(getattr(owner, FOLD), oddity))
    roles.told(roles.ROLES[oddity.role])


if __name__ == "__main__":
    main()
