"""What a person sees while set-up works: one line a step, and a message instead of a traceback."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / ".heimta" / "logs" / "setup.log"
LAST_LINES = 12


class Failed(Exception):
    """Set-up cannot go on. The message is for the person at the terminal, complete in itself."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """`title … 12 s` on one line; `title … failed` before the error is shown."""
    print(f"{title} …", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - began:.0f} s", flush=True)


def quietly(command: list[str], trouble: str, environ: Mapping[str, str] | None = None) -> None:
    """Run a command with its output in the set-up log. `trouble` opens the message if it fails."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a+", errors="replace") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        start = log.tell()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=dict(environ) if environ is not None else os.environ.copy(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0:
            log.seek(start)
            said = "\n".join(f"    {line}" for line in log.read().strip().splitlines()[-LAST_LINES:])
            raise Failed(f"{trouble}. It said:\n{said}\nThe whole output is in {LOG.relative_to(ROOT)}.")
