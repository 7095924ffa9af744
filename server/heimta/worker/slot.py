"""A worker's name outlives it: who starts again in its place has its leases at once, not after ten seconds.

Each worker holds a file of its data folder, the first that nobody else holds. The lock is the kernel's and
goes with its holder, even by kill -9: whoever gets it knows that the one before is dead, which no word in
Redis could say. So a name is used by one living process at a time, and the leases of its former lives may be
taken over, in a new term. Partitions stay with the worker that had them: what killed it kills no other.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sys
from pathlib import Path

import structlog

FOLDER = "workers"
MOST = 64  # workers on one data folder that have a name; more are strangers after a restart

log = structlog.get_logger()


def fresh() -> str:
    return secrets.token_urlsafe(9)


class Slot:
    """Held until `close`, or until the process ends. name: no other living worker's; no `/` in it."""

    def __init__(self, data: Path) -> None:
        self.name = fresh()
        self._handle: int | None = None
        try:
            folder = data / FOLDER
            folder.mkdir(parents=True, exist_ok=True)
            self._take(folder)
        except OSError as error:
            told = f"{type(error).__name__}: {error}"
            log.warning("no name is kept: after a restart the leases have to end first", why=told)

    def _take(self, folder: Path) -> None:
        for number in range(1, MOST + 1):
            handle = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                continue
            self._handle = handle
            self.name = _name_in(handle)
            return

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _name_in(handle: int) -> str:
    """The name that the file holds. A new one when it was written elsewhere: a copied folder names nobody."""
    place = _place(handle)
    told = os.pread(handle, 512, 0).decode(errors="replace").split()
    if len(told) == 2 and told[0] == place:
        return told[1]
    name = fresh()
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{place} {name}\n".encode(), 0)
    return name


def _place(handle: int) -> str:
    """This file on this machine since its start: no copy of it and no other machine has the same."""
    file = os.fstat(handle)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip() if sys.platform == "linux" else "-"
    return f"{boot}:{file.st_dev}:{file.st_ino}"
