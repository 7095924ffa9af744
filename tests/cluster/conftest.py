"""One cluster for all tests of a run; each starts with it whole and empty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from heimta.store.connect import Client, connect
from loadtest.cluster.local import Cluster, cluster


@pytest.fixture(scope="session")
def nodes() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
async def clustered(nodes: Cluster) -> AsyncIterator[Client]:
    client = connect(nodes.url, timeout_s=2.0)
    await client.flushall()
    yield client
    await client.aclose()
