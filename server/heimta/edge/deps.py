"""What every route of the edge is given, and what it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client.metrics_core import Metric

from heimta.edge.budget import Budget
from heimta.edge.bundles import Bundles
from heimta.edge.shops import Shops
from heimta.ingest.commit import GroupCommit
from heimta.ingest.lanes import Lanes
from heimta.operate.figures import (
    ENTRIES,
    SECONDS,
    Exposition,
    Histogram,
    Tally,
    counter,
    gauge,
    histogram,
    tally,
)
from heimta.operate.readers import Readers
from heimta.store.connect import Client

TURNS = 60


class Figures:
    """What the edge counts. Called for every request, so each call is an addition and nothing else.

    queue: how many entries wait for their group, asked when somebody reads the figures.
    """

    __slots__ = (
        "_accepted",
        "_coupons",
        "_dropped",
        "_entries",
        "_redis_errors",
        "_refused",
        "_seconds",
        "queue",
    )

    def __init__(self, queue: Callable[[], int] = int) -> None:
        self.queue = queue
        self._accepted = 0
        self._coupons = Tally()
        self._dropped = Tally()
        self._refused = Tally()
        self._redis_errors = 0
        self._entries = Histogram(ENTRIES)
        self._seconds = Histogram(SECONDS)

    def accepted(self, events: int) -> None:
        """Events that are durable by now."""
        self._accepted += events

    def dropped(self, reason: str) -> None:
        """One event of a batch. reason: from our own list, never what a browser sent."""
        self._dropped[reason] += 1

    def coupon(self, outcome: str) -> None:
        """One claim that was no repetition. outcome: new, or why there was none, from our own list."""
        self._coupons[outcome] += 1

    def refused(self, reason: str) -> None:
        """A whole request. reason: from our own list."""
        self._refused[reason] += 1

    def committed(self, entries: int, seconds: float) -> None:
        """One group that is durable; seconds from its way out to its answer."""
        self._entries.observe(entries)
        self._seconds.observe(seconds)

    def redis_error(self) -> None:
        """A group or another command that Redis did not take."""
        self._redis_errors += 1

    def families(self) -> Iterator[Metric]:
        yield counter("heimta_events_accepted", "Events made durable", self._accepted)
        yield tally("heimta_events_dropped", "Events dropped one by one", "reason", self._dropped)
        yield tally("heimta_requests_refused", "Requests refused whole", "reason", self._refused)
        yield tally("heimta_coupons", "Coupons asked for on pages", "outcome", self._coupons)
        yield histogram("heimta_commit_batch_entries", "Entries in a committed group", self._entries)
        yield histogram("heimta_commit_seconds", "Time a group took to become durable", self._seconds)
        yield gauge("heimta_commit_queue_entries", "Entries that wait for their group", self.queue())
        yield counter("heimta_redis_errors", "Commands that Redis did not take", self._redis_errors)


@dataclass(frozen=True)
class Edge:
    """clock: now in ms, UTC. push_origins: origins that may receive a push besides the known services.

    edge_url: our own address, as providers sign it; '' where nobody said.
    """

    redis: Client
    shops: Shops
    bundles: Bundles
    commit: GroupCommit | Lanes
    partitions: int
    push_origins: tuple[str, ...]
    clock: Callable[[], int]
    figures: Figures
    readers: Readers = field(default_factory=Readers)
    # For routes with several commands in a row: a client has 100 connections and refuses the next command,
    # so a crowd of claims takes turns instead of being sent away.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TURNS))
    edge_url: str = ""
    budget: Budget = field(default_factory=Budget)

    @property
    def exposition(self) -> Exposition:
        return Exposition(self.figures.families)
