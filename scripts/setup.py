"""`make demo`, `make test` and the rest: what stands between a fresh clone and a running Heimta.

Standard library only: it runs before anything is installed. Started by scripts/run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import environment
import packages
import stages
from progress import ROOT, Failed

MADE = (
    ".venv", "node_modules", "static/dist", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
)  # fmt: skip


def demo() -> int:
    with alone():
        environment.prepare(dev=False)
    python = str(environment.PYTHON)
    os.chdir(ROOT)  # the data folder .heimta is found from here
    os.execve(python, [python, "-m", "heimta", "demo"], environment.environ())


def test() -> int:
    with alone():
        environment.prepare(dev=True)
    return stages.run(stages.TESTS, beside=stages.STATIC + stages.NODE)


def check() -> int:
    with alone():
        environment.prepare(dev=True)
    return stages.run(stages.STATIC)


def size() -> int:
    with alone():
        environment.prepare(dev=False)
    return stages.run(stages.SIZE)


def dev() -> int:
    with alone():
        environment.prepare(dev=True)
    print(
        "Ready. `. .venv/bin/activate`, then `heimta demo`, `pytest tests/…`, `npx tsc`; see CONTRIBUTING.md."
    )
    return 0


def prove(name: str) -> int:
    """One long proof of loadtest/; its last line says PASS or FAIL and its figure."""
    with alone():
        environment.prepare(dev=True)
        packages.install(NEEDS.get(name, ()), f"`make {name}`")
    python = str(environment.PYTHON)
    os.chdir(ROOT)
    module = "loadtest." + name.replace("-", "_")
    os.execve(python, [python, "-m", module], environment.environ())


def clean() -> int:
    for name in MADE:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    print("Removed what was built and installed. The demo's data in .heimta stays.")
    return 0


COMMANDS = {"demo": demo, "test": test, "check": check, "size": size, "dev": dev, "clean": clean}


PROOFS = (
    "bench-ingest", "bench-worker", "bench-restore", "chaos", "fuzz", "cluster", "dos", "deliver",
    "bench-snippet",
    "exit-score", "webkit", "gallery", "access", "paint", "inject", "push-codes", "bench-push", "limits",
    "chaos-send", "race", "stops", "coupons",
)  # fmt: skip
# What each needs of the system. A test holds it: who runs one proof may never have run `make test`.
NEEDS = {
    "bench-ingest": packages.LOAD,
    "webkit": packages.WEBKIT,
    "deliver": packages.BROWSERS,
    "bench-snippet": packages.BROWSERS,
    "exit-score": packages.BROWSERS,
    "gallery": packages.BROWSERS,
    "access": packages.BROWSERS,
    "paint": packages.BROWSERS,
    "inject": packages.BROWSERS,
}


@contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time in a clone. The lock is the kernel's, so it goes with its holder."""
    environment.check_machine()
    folder = ROOT / ".heimta"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is at work in this folder; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(args: list[str]) -> int:
    if len(args) != 1 or args[0] not in (*COMMANDS, *PROOFS):
        print(f"usage: scripts/run {{{'|'.join((*COMMANDS, *PROOFS))}}}", file=sys.stderr)
        return 2
    try:
        return prove(args[0]) if args[0] in PROOFS else COMMANDS[args[0]]()
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next start goes on from here.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
