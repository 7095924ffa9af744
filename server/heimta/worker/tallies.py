"""What the owners of a process did, added up for /metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from heimta.operate.figures import SECONDS, Histogram


@dataclass
class Tallies:
    """What all owners of a process did.

    sent: messages that ended, by channel and outcome. commits: seconds that each step took to be written.
    """

    folded: int = 0
    fired: int = 0
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    commits: Histogram = field(default_factory=lambda: Histogram(SECONDS))
