"""Ctrl-C, `kill` and a closed terminal: asked once, noticed at the next pause.

The signal handler only takes note. An exception raised in it could surface inside a fork hook or a
finaliser, where Python drops it, and the wish to stop would be lost.
"""

from __future__ import annotations

import signal
import time
from types import FrameType


class StopAsked(BaseException):
    """Somebody wants us to stop. Not an Exception: nothing may take it for a failure."""


class Stop:
    def __init__(self) -> None:
        self.is_asked = False

    def take_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.is_asked = True

    def pause(self, seconds: float) -> None:
        """Sleep a moment. Raises StopAsked once a signal came; every wait of ours sleeps here."""
        if self.is_asked:
            raise StopAsked
        time.sleep(seconds)
