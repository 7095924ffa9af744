"""What every route of the edge is given, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from heimta.edge.bundles import Bundles
from heimta.edge.shops import Shops
from heimta.ingest.commit import GroupCommit
from heimta.store.connect import Client


class Figures:
    """Counters for /metrics, each under the reason's own name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._accepted = Counter("heimta_events_accepted", "Events made durable", registry=self.registry)
        self._dropped = Counter(
            "heimta_events_dropped", "Events refused one by one", ["reason"], registry=self.registry
        )
        self._refused = Counter(
            "heimta_requests_refused", "Requests refused whole", ["reason"], registry=self.registry
        )

    def accepted(self, events: int) -> None:
        self._accepted.inc(events)

    def dropped(self, reason: str) -> None:
        self._dropped.labels(reason).inc()

    def refused(self, reason: str) -> None:
        self._refused.labels(reason).inc()


@dataclass(frozen=True)
class Edge:
    """clock: now in ms, UTC. push_origins: origins that may receive a push besides the known services."""

    redis: Client
    shops: Shops
    bundles: Bundles
    commit: GroupCommit
    partitions: int
    push_origins: tuple[str, ...]
    clock: Callable[[], int]
    figures: Figures
