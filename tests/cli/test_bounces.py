"""`heimta bounces` as an operator types it: mails, an mbox, a Maildir and a pipe lead to the same notes."""

from __future__ import annotations

import asyncio
import mailbox
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from heimta.cli import cli
from heimta.model.message import DeliveryNote
from heimta.rules.mail.returns import make_return
from heimta.store import keys, secrets
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from tests.channels.email_job import SIGNING, VISITOR
from tests.rules.test_bounces import DSN

BACK = make_return(SIGNING, "demo", "bounces@shop.example", VISITOR, "0a1b2c")
DEAD = DSN.format(to=BACK, action="failed", status="5.1.1").encode()
LATE = DSN.format(to=BACK, action="delayed", status="4.4.1").encode()
SAID = "dead addresses: {}, complaints: 0, other mails: {}"


@pytest.fixture
async def store(redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    await secrets.create(redis, "demo", Secrets("w" * 43, SIGNING, "private", "public"))
    yield redis


async def bounces(*args: str, given: bytes = b"") -> str:
    result = await asyncio.to_thread(CliRunner().invoke, cli, ("bounces", *args), input=given)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


async def marks(redis: Client) -> list[str]:
    """Of dead addresses, as they stand in the log."""
    found = []
    for partition in range(16):
        for _, fields in await redis.xrange(keys.log(partition)):
            note = msgspec.json.decode(fields[b"d"], type=DeliveryNote)
            assert (note.vid, note.outcome, note.channel) == (VISITOR, "gone", "email")
            found.append(note.address)
    return found


async def test_mails_boxes_and_a_pipe_are_read(store: Client, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(DEAD)
    mbox = mailbox.mbox(tmp_path / "box")
    maildir = mailbox.Maildir(tmp_path / "dir")
    for box in (mbox, maildir):
        box.add(DEAD)
        box.add(LATE)
        box.close()
    assert await bounces("demo", str(tmp_path / "one.eml")) == SAID.format(1, 0)
    assert await bounces("demo", str(tmp_path / "box"), str(tmp_path / "dir")) == SAID.format(2, 2)
    assert await bounces("demo", "-", given=DEAD) == SAID.format(1, 0)
    assert await marks(store) == ["0a1b2c"] * 4


async def test_a_shop_that_is_none_is_named(store: Client, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(DEAD)
    result = await asyncio.to_thread(CliRunner().invoke, cli, ("bounces", "none", str(tmp_path / "one.eml")))
    assert "there is no shop 'none'" in str(result.exception)
