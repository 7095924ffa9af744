"""One run a data folder. The lock is the kernel's, so it goes with its holder, even by kill -9."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LaunchError(Exception):
    """A start that cannot be. The message is for the person at the terminal, complete in itself."""


@contextmanager
def data_folder(data: Path) -> Iterator[Path]:
    """Make the data folder and hold it for this process. Yields its absolute path."""
    folder = data.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LaunchError(
            f"cannot write to {folder} ({error.strerror}); make it writable for this user, "
            "or set HEIMTA_DATA to a folder that is"
        ) from error
    try:
        _lock(handle, folder)
        yield folder
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
        raise LaunchError(
            f"another Heimta (process {holder}) already runs on {folder}; "
            "stop it, or set HEIMTA_DATA to another folder"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
