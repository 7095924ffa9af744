"""Documents that this Heimta cannot read: each command names the one, and `heimta apply` replaces it."""

from __future__ import annotations

import asyncio
import json

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner, Result

from heimta.cli import cli, main
from heimta.rules.apply import write_document
from heimta.store import documents, keys
from heimta.store.documents import Unread
from tests.worker.shop import JOURNEY, SHOP, T0, VISITOR

run = CliRunner()
NEWER = json.dumps({"document": {"kind": "journey", "newer": 1}, "version": 7, "at": T0})
NAMED = f"journey {JOURNEY.id!r} of shop 'demo'"


async def heimta(*args: str, given: str = "") -> Result:
    return await asyncio.to_thread(run.invoke, cli, args, input=given)


@pytest.fixture
async def store(redis: Redis, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """A shop whose journey was written by a newer Heimta."""
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    await heimta("shop", "create", "demo")
    await documents.put(redis, SHOP, now=T0)
    await redis.hset(keys.documents("demo"), f"journey:{JOURNEY.id}", NEWER)
    return redis


@pytest.mark.parametrize(
    "args", [["show", "demo"], ["person", "demo", VISITOR], ["show", "demo", JOURNEY.id]]
)
async def test_a_command_names_the_document_and_the_way_out_in_one_line(
    store: Redis, args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["heimta", *args])
    with pytest.raises(SystemExit):
        await asyncio.to_thread(main)
    told = capsys.readouterr().err
    assert told.startswith(f"heimta: {NAMED}: ") and "`heimta apply FILE`" in told
    assert told.count("\n") == 1, told


async def test_the_list_goes_on_and_one_that_can_be_read_is_shown(store: Redis) -> None:
    await heimta("shop", "create", "fresh")
    listed = await heimta("shop", "list")
    assert listed.exit_code == 0 and listed.stdout.split() == ["demo", "fresh"]
    assert NAMED in listed.stderr and "fresh has no document yet" in listed.stderr
    other = write_document(JOURNEY).replace(f"id: {JOURNEY.id}", "id: other")
    assert (await heimta("apply", "-", given=other)).exit_code == 0
    assert (await heimta("show", "demo", "other")).stdout == other
    assert (await heimta("show", "demo")).exit_code == 1


async def test_apply_replaces_what_cannot_be_read_and_warns_of_the_rest(store: Redis) -> None:
    await store.hset(keys.documents("demo"), "campaign:newer", NEWER)
    await store.hset(keys.older("demo"), f"{JOURNEY.id}:6", NEWER)
    done = await heimta("apply", "-", given=write_document(JOURNEY))
    assert f"journey {JOURNEY.id}: version 8" in done.stdout
    assert "warning: campaign 'newer' of shop 'demo': " in done.stderr and NAMED not in done.stderr
    with pytest.raises(Unread, match="campaign 'newer'"):
        await documents.read(store, "demo")
    await store.hdel(keys.documents("demo"), "campaign:newer")
    known = await documents.read(store, "demo")
    assert known is not None and known.journey(JOURNEY.id) == JOURNEY
    assert known.older == {}


async def test_a_shops_own_document_is_replaced_as_well(store: Redis) -> None:
    await store.hdel(keys.documents("demo"), f"journey:{JOURNEY.id}")
    await store.hset(keys.documents("demo"), "shop:demo", NEWER)
    assert "heimta: shop 'demo': " in (await heimta("shop", "list")).stderr
    done = await heimta("apply", "-", given=write_document(SHOP))
    assert "shop demo: version 8" in done.stdout
    assert (await documents.read(store, "demo")) is not None


async def test_what_no_heimta_wrote_is_left_as_it_is(store: Redis) -> None:
    await store.hset(keys.documents("demo"), f"journey:{JOURNEY.id}", b"\xff")
    failed = await heimta("apply", "-", given=write_document(JOURNEY))
    assert isinstance(failed.exception, Unread)


async def test_what_is_damaged_is_removed(store: Redis) -> None:
    damaged = f"journey:{JOURNEY.id}"
    await store.hset(keys.documents("demo"), damaged, b"\xff")
    await store.hset(keys.older("demo"), f"{JOURNEY.id}:6", b"\xff")
    revision = await documents.revision(store, "demo")
    assert f"`heimta remove demo {damaged}`" in str((await heimta("show", "demo")).exception)
    assert (await heimta("remove", "demo", damaged, given="n\n")).exit_code == 1
    done = await heimta("remove", "demo", damaged, "--yes")
    assert done.stdout.count("deleted: ") == 2 and await documents.revision(store, "demo") == revision + 1
    assert (await documents.read(store, "demo")) is not None
    again = await heimta("remove", "demo", "shop:demo")
    assert "no shop 'demo' that cannot be read" in str(again.exception)


async def test_commands_about_other_things_go_on(store: Redis) -> None:
    """They say what cannot be read, and do what they were asked."""
    for args in (["words", "demo", "fr"], ["shop", "secret", "demo"], ["coupons", "list", "demo"]):
        done = await heimta(*args)
        assert done.exit_code == 0, (args, done.exception)
    assert (await heimta("words", "demo", "fr")).stderr.startswith(f"heimta: {NAMED}: ")
