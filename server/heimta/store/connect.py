"""Connections to Redis or Valkey.

redis-py's own retries are off: a retried XADD writes twice, and a default client took 58 s to give up on a
stopped server. Who wants another try decides so, knowing what it does.
"""

from __future__ import annotations

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

Client = redis.Redis


def connect(url: str, *, timeout_s: float = 5.0) -> Client:
    """A client for `url`: redis://, rediss:// or unix://path. Connects when first used.

    timeout_s: for a connection and for each answer; then redis.exceptions.TimeoutError.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s, 2.0),
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def text(raw: bytes | str) -> str:
    """redis-py types every answer as either; our clients answer bytes."""
    return raw if isinstance(raw, str) else raw.decode()
