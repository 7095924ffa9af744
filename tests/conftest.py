"""A real Valkey for every test that needs a store; emptied before each."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from heimta.launch.valkey import embedded
from heimta.store.connect import Client, connect


@pytest.fixture(scope="session")
def store_url() -> Iterator[str]:
    # A folder of its own with a short name: a socket's path may have about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        yield url


@pytest.fixture
async def redis(store_url: str) -> AsyncIterator[Client]:
    client = connect(store_url)
    await client.flushall()
    yield client
    await client.aclose()
