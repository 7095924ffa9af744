"""The worker's figures, as its loops write them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from heimta.model.volume import Volume
from heimta.worker.audiences import Ads
from heimta.worker.mint import Coupons
from heimta.worker.tallies import Tallies


@dataclass
class Figures(Tallies):
    """What /metrics and /readyz tell (worker/expose.py gives each its public name).

    The dictionaries are by partition, and hold those that this worker owns. fold_lag_ms: age of the oldest
    entry not folded yet; due_lag_ms: how late the earliest due timer is; dead: dead letters kept. 0: none.
    share: how many partitions this worker should own, None before it knows.
    """

    owned: set[int] = field(default_factory=set)
    redis_errors: int = 0
    fold_lag_ms: dict[int, int] = field(default_factory=dict)
    due_lag_ms: dict[int, int] = field(default_factory=dict)
    dead: dict[int, int] = field(default_factory=dict)
    share: int | None = None
    coupons: Coupons = field(default_factory=Coupons)
    ads: Ads = field(default_factory=Ads)
    volumes: list[Volume] = field(default_factory=list)
    refused: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # all of a shop, channel, reason

    def forget(self, partition: int) -> None:
        """A partition is ours no more: its figures are another worker's to tell."""
        self.owned.discard(partition)
        for told in (self.fold_lag_ms, self.due_lag_ms, self.dead):
            told.pop(partition, None)
