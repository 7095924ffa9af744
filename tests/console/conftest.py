"""A console on the tests' Valkey, and a browser in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from console_client import EMAIL, PASSWORD, Browser
from heimta.console.app import create_app
from heimta.console.users import add_user
from heimta.store.connect import Client
from seed import NOW, PARTITIONS
from starlette.applications import Starlette


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own assets, and empty files for what npm brings: these tests run without node."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "console").symlink_to(Path(__file__).parents[2] / "static" / "console")
    (folder / "vendor").mkdir()
    for name in ("htmx.js", "uplot.js", "uplot.css"):
        (folder / "vendor" / name).write_text("")
    return folder


@pytest.fixture
def app(redis: Client, static: Path) -> Starlette:
    return create_app(
        redis=redis,
        edge_url="https://edge.example",
        console_url="http://console.test",
        partitions=PARTITIONS,
        static=static,
        clock=lambda: NOW,
    )


@pytest.fixture
async def anyone(app: Starlette) -> AsyncIterator[Browser]:
    """A browser that is not logged in."""
    async with Browser(app) as browser:
        yield browser


@pytest.fixture
async def merchant(redis: Client, anyone: Browser) -> Browser:
    """A browser that is."""
    await add_user(redis, EMAIL, PASSWORD, now=NOW)
    answer = await anyone.log_in()
    assert answer.status_code == 303, answer.text
    return anyone
