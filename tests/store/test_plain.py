"""What a store refuses in a pipeline is told in its own words, without what was to be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ResponseError

from heimta.cli import main
from heimta.operate.ready import in_words
from heimta.store import secrets
from heimta.store.connect import Client, sharing
from heimta.store.faults import is_away

SECRETS = secrets.Secrets("w" * 43, "s" * 43, "p" * 43, "v" * 43)


@pytest.fixture
async def strict(lone: Client) -> AsyncIterator[Client]:
    """It takes no writes while no replica follows."""
    await lone.config_set("min-replicas-to-write", "1")
    yield lone
    await lone.config_set("min-replicas-to-write", "0")


@pytest.mark.parametrize("share", [False, True])
async def test_a_pipeline_that_is_refused_is_to_be_tried_again(strict: Client, share: bool):
    client = sharing(strict) if share else strict
    with pytest.raises(ResponseError) as caught:
        async with client.pipeline(transaction=True) as pipe:
            pipe.set("token", "hunter2")
            await pipe.execute()
    assert str(caught.value).startswith("NOREPLICAS")
    assert is_away(caught.value) and "too few replicas" in in_words(caught.value)


async def test_a_secret_that_is_refused_is_not_told(strict: Client):
    with pytest.raises(ResponseError) as caught:
        await secrets.create(strict, "demo", SECRETS)
    assert SECRETS.webhook not in str(caught.value)


async def test_a_command_says_that_the_store_refuses(
    strict: Client,
    lone_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("HEIMTA_REDIS_URL", lone_url)
    monkeypatch.setattr("sys.argv", ["heimta", "shop", "create", "demo"])
    with pytest.raises(SystemExit) as end:
        await asyncio.to_thread(main)
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert said.startswith("heimta: the store has too few replicas to take writes (NOREPLICAS")
    assert "HSETNX" not in said and "is it running" not in said
