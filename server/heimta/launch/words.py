"""What a process that ended said last, for the person at the terminal."""

from __future__ import annotations

import os
from pathlib import Path

MOST = 64 * 1024  # bytes that are looked at: a log of years has gigabytes


def last_words(log: Path) -> str:
    """The last line of its log."""
    try:
        with log.open("rb") as file:
            file.seek(-min(MOST, file.seek(0, os.SEEK_END)), os.SEEK_END)
            lines = file.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else "it left no message"
