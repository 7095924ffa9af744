"""A console on the tests' Valkey, and a browser in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from heimta.console import users as passwords
from heimta.console.app import create_app
from heimta.console.users import add_user
from heimta.store.connect import Client
from tests.console.browser import EMAIL, PASSWORD, Browser
from tests.console.seed import NOW, PARTITIONS


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """argon2id all the same, but small: some hundred logins a run would else be most of its time."""
    real, passwords._hasher = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords.nobody.cache_clear()
    yield
    passwords._hasher = real
    passwords.nobody.cache_clear()


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
