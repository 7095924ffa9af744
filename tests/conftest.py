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
from loadtest.cluster.local import cluster


@pytest.fixture(scope="session")
def store_url() -> Iterator[str]:
    if os.environ.get("HEIMTA_TEST_STORE") == "cluster":
        with cluster() as made:
            yield made.url
        return
    # A folder of its own with a short name: a socket's path may have about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        yield url


@pytest.fixture
async def redis(store_url: str) -> AsyncIterator[Client]:
    client = connect(store_url)
    await client.flushall()
    yield client
    await client.aclose()
