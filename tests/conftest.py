"""A real Valkey for every test that needs a store; emptied before each.

HEIMTA_TEST_STORE=cluster gives them a real cluster instead: `make cluster` runs the same tests on it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from heimta.launch.valkey import embedded
from heimta.store.connect import Client, connect
from loadtest.cluster.local import PATIENT_MS, cluster

# On a cluster a crowd of tasks makes a crowd of connections, over TCP; a busy machine takes longer than 2 s.
PATIENCE = "socket_connect_timeout=30&socket_timeout=30"


@pytest.fixture(scope="session")
def lone_url() -> Iterator[str]:
    """One server, whatever else the tests run on."""
    # A folder of its own with a short name: a socket's path may have about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if os.environ.get("HEIMTA_TEST_STORE") == "cluster":
        with cluster(timeout_ms=PATIENT_MS) as made:
            yield f"{made.url}?{PATIENCE}"
    else:
        yield request.getfixturevalue("lone_url")


@pytest.fixture
async def redis(store_url: str) -> AsyncIterator[Client]:
    client = connect(store_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def lone(lone_url: str) -> AsyncIterator[Client]:
    """For what only one server can be brought to, such as being a replica."""
    client = connect(lone_url)
    await client.flushall()
    yield client
    await client.aclose()
