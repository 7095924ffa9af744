"""A child dies with its parent, and what survived anyway is recognised and stopped.

On Linux the kernel sends the child a signal when its parent dies, even by kill -9. Where it cannot
(macOS), each child is written down in a record, and the next start stops whatever is still there.
A record names the process by its number *and* its start, so a number that was given to somebody
else's process since is never touched.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
BORN_S = 1.0
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def tie_to_parent(with_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """A `preexec_fn` for a child that must not outlive this process.

    The signal follows the death of the *thread* that started the child: start it in the main thread.
    A session of its own keeps the terminal's Ctrl-C from reaching the child before its parent.
    """
    parent = os.getpid()

    def in_child() -> None:
        os.setsid()
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, with_signal, 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

    return in_child


def identity(pid: int) -> str | None:
    """What tells this process from a later one with the same number; None if there is none.

    A zombie has ended and only waits to be collected, so it counts as gone.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = stat.rpartition(")")[2].split()  # proc(5): field 3, the state, is the first after the name
        if fields[0] in "ZX":
            return None
        words = command.decode(errors="replace").replace("\0", " ").strip()
        return f"{_boot_id()} {fields[19]} {words}"  # field 22: start, in ticks since boot
    shown = subprocess.run(
        ["ps", "-p", str(pid), "-o", "lstart=,command="], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def write_record(file: Path, pid: int, **more: str) -> None:
    """Write down a child that was just started, whole or not at all.

    For an instant after its start the kernel has no command line of it to tell: then it would be a stranger
    to whoever reads the record.
    """
    until = time.monotonic() + BORN_S
    while (known := identity(pid)) is not None and known.endswith(" ") and time.monotonic() < until:
        time.sleep(0.001)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": pid, "identity": known, **more}))
    fresh.replace(file)


def read_record(file: Path) -> dict[str, str] | None:
    """The record, if the process it names still runs. A torn or foreign file counts as none."""
    try:
        record = json.loads(file.read_text())
        pid, known = int(record["pid"]), str(record["identity"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if identity(pid) != known:
        return None
    return {str(key): str(value) for key, value in record.items()}


def stop_leftover(file: Path, *, patience_s: float = 5) -> bool:
    """Stop the process that a record names, if it still runs. True if there was one."""
    record = read_record(file)
    if record is not None:
        end(int(record["pid"]), record["identity"], patience_s=patience_s)
    file.unlink(missing_ok=True)
    return record is not None


def end(pid: int, known: str, *, patience_s: float) -> None:
    """Ask a process to stop, then insist. Returns once it is gone."""
    for with_signal in (signal.SIGTERM, signal.SIGKILL):
        if identity(pid) != known:
            return
        try:
            os.kill(pid, with_signal)
        except ProcessLookupError:
            return
        until = time.monotonic() + patience_s
        while time.monotonic() < until and identity(pid) == known:
            time.sleep(0.02)
