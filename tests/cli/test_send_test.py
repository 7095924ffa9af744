"""`heimta send-test`: asks a worker for a sample, and says in words what became of it."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from heimta.cli import cli
from heimta.commands import send_test
from heimta.commands.common import CommandError
from heimta.model.sample import Sample, Told
from heimta.store import documents, samples, secrets
from heimta.store.connect import Client, connect
from heimta.store.secrets import Secrets
from tests.cli.test_secret import FULL, journey


@pytest.fixture(autouse=True)
def shop(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    monkeypatch.setattr(send_test, "PATIENCE_S", 0.3)

    async def make() -> None:
        redis = connect(store_url)
        await redis.flushall()
        await secrets.create(redis, "demo", Secrets("w", "s", "p", "v"))
        for document in (FULL, journey()):
            await documents.put(redis, document, now=1)
        await redis.aclose()

    asyncio.run(make())


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, ["send-test", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def answered_by(told: Told, monkeypatch: pytest.MonkeyPatch) -> list[Sample]:
    asked: list[Sample] = []

    async def ask(redis: Client, sample: Sample) -> None:
        asked.append(sample)
        await samples.answer(redis, sample, told)

    monkeypatch.setattr(samples, "ask", ask)
    return asked


def test_it_says_that_the_provider_took_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answered_by(Told("sent"), monkeypatch)
    assert "was taken by its provider" in run("demo", "all", "email", "--to", "me@shop.is", "--lang", "de")
    [sample] = asked
    assert (sample.journey, sample.step, sample.to, sample.lang) == ("all", "email", "me@shop.is", "de")


def test_what_the_provider_refused_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    answered_by(Told("failed", "login"), monkeypatch)
    with pytest.raises(CommandError, match="not sent: failed, login"):
        run("demo", "all", "sms", "--to", "+4915112345678")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nosuch", "all", "sms"], "there is no shop 'nosuch'"),
        (["demo", "nosuch", "sms"], "no journey 'nosuch'; it has all"),
        (["demo", "all", "nosuch"], "sends no 'nosuch'; it sends push, email, sms, messenger, webhook"),
        (["demo", "all", "sms"], "--to must be a telephone number"),
        (["demo", "all", "webhook"], "no worker answered"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run(*words)
