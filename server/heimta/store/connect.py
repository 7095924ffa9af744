"""Connections to Redis or Valkey: one server, or a cluster. Who holds a Client need not know which.

redis-py's own retries are off: a retried XADD writes twice, and a default client took 58 s to give up on a
stopped server. Who wants another try decides so, knowing what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio as redis
from msgspec import Struct
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from heimta.store.cluster import ClusterClient, good, run
from heimta.store.packing import pack_natively
from heimta.store.plain import PlainClient
from heimta.store.sharing import SharingClient
from heimta.store.topology import Address

Client = redis.Redis
CLUSTER = "+cluster://"


class BadUrl(ValueError):
    """HEIMTA_REDIS_URL cannot be meant. The message is for the operator, without the password."""


def connect(url: str, *, timeout_s: float = 5.0) -> Client:
    """A client for `url`, which connects when first used.

    url: redis://, rediss:// or unix://path; redis+cluster://host:port,host:port for the cluster of these
        nodes, rediss+cluster:// for one with TLS.
    timeout_s: for a connection and for each answer; then redis.exceptions.TimeoutError.

    Raises BadUrl.
    """
    if CLUSTER not in url:
        return _one(url, timeout_s)
    cluster = read_cluster_url(url)
    _one(cluster.of(cluster.seeds[0]), timeout_s)  # wrong options come out now, not at the first command
    return ClusterClient(cluster.seeds, lambda address: _one(cluster.of(address), timeout_s))


def is_clustered(client: Client) -> bool:
    return isinstance(client, ClusterClient)


def sharing(client: Client) -> Client:
    """The same server over a client whose commands share round trips. A cluster's client stays as it is."""
    return client if is_clustered(client) else SharingClient(client)


async def masters(client: Client) -> list[Client]:
    """A client for each server that takes writes; for what is asked of servers, such as INFO or SCAN."""
    return await client.masters() if isinstance(client, ClusterClient) else [client]


async def layout(client: Client) -> str:
    """Names who serves what, '' for one server. A walk over keys from server to server is whole only if this
    is the same before and after: what moves meanwhile may be met by neither of the two.
    """
    return await client.topology.layout() if isinstance(client, ClusterClient) else ""


async def together(client: Client, *commands: Sequence[Any]) -> list[Any]:
    """A command with a key, and what has to follow it on the same connection, such as WAIT; their answers."""
    if isinstance(client, ClusterClient):
        return await client.together(*commands)
    return good(await run(client, [(command, {}) for command in commands]))


class ClusterUrl(Struct, frozen=True):
    """head, tail: what stands before and after the nodes: scheme, name and password; options."""

    head: str
    seeds: tuple[Address, ...]
    tail: str

    def of(self, address: Address) -> str:
        """The URL of one node, as redis-py takes it."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        return f"{self.head}{host}:{address.port}{self.tail}"


def read_cluster_url(url: str) -> ClusterUrl:
    """Name and password stand once, before the first node; options stand once, after the last.

    Raises BadUrl for a node that is none.
    """
    scheme, _, rest = url.partition(CLUSTER)
    login, at, rest = rest.rpartition("@")
    nodes, mark, options = rest.partition("?")
    seeds = []
    for node in nodes.rstrip("/").split(","):
        parts = urlsplit(f"{scheme}://{node}")
        if not parts.hostname or parts.path:
            raise BadUrl(f"HEIMTA_REDIS_URL: {node!r} is no host:port; a cluster has one database and no /1")
        seeds.append(Address(parts.hostname, parts.port or 6379))
    return ClusterUrl(f"{scheme}://{login}{at}", tuple(seeds), f"{mark}{options}")


def text(raw: bytes | str) -> str:
    """redis-py types every answer as either; our clients answer bytes."""
    return raw if isinstance(raw, str) else raw.decode()


def _one(url: str, timeout_s: float) -> Client:
    try:
        client = PlainClient.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=min(timeout_s, 2.0),
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        pack_natively(client.connection_pool)
        client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # left bare; connects nothing
    except (TypeError, ValueError) as error:  # of an option behind the `?`
        raise BadUrl(
            f"HEIMTA_REDIS_URL has an option that {url.partition(':')[0]}:// does not take, or with a wrong "
            f"value ({error}); ssl_… are for rediss:// alone"
        ) from None
    return client
