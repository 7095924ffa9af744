"""What a worker takes along that makes the rounds of all shops, one worker for a shop at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from heimta.worker.effects import ShopContext


@dataclass(frozen=True)
class Rounds:
    """shops, secrets: kept up to date by the caller. token: this worker's, for leases. clock: ms."""

    redis: Client
    shops: Mapping[str, ShopContext]
    secrets: Mapping[str, Secrets]
    token: str
    clock: Callable[[], int]
