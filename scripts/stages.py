"""The stages of `make test`: each runs to its end whatever the others say, then one table tells all."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
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


# Several files at a time: these tests wait, for browsers, silences and processes, far more than they compute.
# In the order of their names, so that none of the long ones is left alone at the end.
SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder")


def browser_tests() -> list[str]:
    packages.install(packages.BROWSERS, "`make test`")
    return [str(PYTHON), "-m", "pytest", "-q", "-n", "3", *SPREAD, "tests/browser"]


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
TESTS = (
    Stage("snippet and widgets", npm("test")),
    # Two runs: an asyncio test cannot follow a synchronous Playwright test in one process.
    Stage("server", python("pytest", "-q", "-n", "3", *SPREAD, "tests", "--ignore=tests/browser")),
    Stage("browsers", browser_tests),
)


def files(folder: str, pattern: str) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in sorted((ROOT / folder).glob(pattern))]


def run(stages: tuple[Stage, ...]) -> int:
    """Run them all. Returns 0 only if every one passed."""
    began = time.monotonic()
    results: list[tuple[str, bool, float]] = []
    for stage in stages:
        print(f"\n=== {stage.name}", flush=True)
        start = time.monotonic()
        results.append((stage.name, passes(stage), time.monotonic() - start))
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


def passes(stage: Stage) -> bool:
    try:
        command = stage.command()
    except Failed as error:
        print(error, flush=True)
        return False
    done = subprocess.run(command, cwd=Path(ROOT), env=environ(), stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0
