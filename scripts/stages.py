"""The stages of `make test`: each runs to its end whatever the others say, then one table tells all."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import packages
from environment import PYTHON, environ
from progress import ROOT, Failed


class Stage(NamedTuple):
    name: str
    command: Callable[[], list[str]]  # called when the stage runs: earlier stages may add files


def python(*args: str) -> Callable[[], list[str]]:
    return lambda: [str(PYTHON), "-m", *args]


def npm(script: str) -> Callable[[], list[str]]:
    return lambda: ["npm", "run", "--silent", script]


# Several files at a time: while one waits, for browsers, silences and processes, others compute. Four of the
# browser files keep both of two cores busy to the end (measured); more would only be in each other's way.
# In the order of collection, where long ones come first, so that none of them is left alone at the end.
SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder")


def browser_tests() -> list[str]:
    packages.install(packages.BROWSERS, "`make test`")
    return [str(PYTHON), "-m", "pytest", "-q", "-n", "4", *SPREAD, "tests/browser"]


SIZE = (Stage("byte budgets", npm("size")), Stage("beside others", npm("peers")))
# Where a bar is not met yet, what was reached is held (budgets.mjs). `make size` has the bars.
RATCHET = (Stage("byte ratchet", npm("ratchet")),)
STATIC = (
    Stage("ruff", python("ruff", "check", ".")),
    Stage("mypy", python("mypy")),
    Stage("mypy, scripts", lambda: [str(PYTHON), "-m", "mypy", *files("scripts", "*.py")]),
    Stage("biome", npm("lint")),
    Stage("tsc", npm("types")),
    *RATCHET,
)
NODE = (Stage("snippet and widgets", npm("test")),)
TESTS = (
    # Two runs: an asyncio test cannot follow a synchronous Playwright test in one process.
    Stage("server", python("pytest", "-q", "-n", "3", *SPREAD, "tests", "--ignore=tests/browser")),
    Stage("browsers", browser_tests),
)


def files(folder: str, pattern: str) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in sorted((ROOT / folder).glob(pattern))]


class Result(NamedTuple):
    name: str
    passed: bool
    seconds: float


def run(stages: tuple[Stage, ...], beside: tuple[Stage, ...] = ()) -> int:
    """Run them all. Returns 0 only if every one passed.

    beside: run one after the other while `stages` run, with what these leave of the cores; what they print is
    kept until they end.
    """
    began = time.monotonic()
    with ThreadPoolExecutor(1) as other:
        quiet = [other.submit(timed, stage, beside=True) for stage in beside]
        results = [timed(stage) for stage in stages]
        results = [future.result() for future in quiet] + results
    print("\n=== result")
    for name, good, seconds in results:
        print(f"{'PASS' if good else 'FAIL'}  {name:<22}{seconds:7.1f} s")
    failed = [name for name, good, _ in results if not good]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed", flush=True)
    took = time.monotonic() - began
    print(
        f"Everything passed in {took:.0f} s."
        if not failed
        else f"FAILED: {', '.join(failed)} ({took:.0f} s)."
    )
    return 1 if failed else 0


def timed(stage: Stage, *, beside: bool = False) -> Result:
    """beside: with what others leave of the cores; what it prints comes in one piece at its end."""
    start = time.monotonic()
    if not beside:
        print(f"\n=== {stage.name}", flush=True)
    passed, printed = passes(stage, beside=beside)
    if beside:
        print(f"\n=== {stage.name}\n{printed}", end="", flush=True)
    return Result(stage.name, passed, time.monotonic() - start)


def passes(stage: Stage, *, beside: bool) -> tuple[bool, str]:
    try:
        command = stage.command()
    except Failed as error:
        print(error, flush=True)
        return False, ""
    done = subprocess.run(
        ["nice", *command] if beside else command,
        cwd=Path(ROOT),
        env=environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if beside else None,
        stderr=subprocess.STDOUT if beside else None,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout or ""
