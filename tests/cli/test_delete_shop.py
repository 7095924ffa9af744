"""`heimta shop delete`: asks for the name, says what goes and what is to be done elsewhere, and can go on."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from typer.testing import Result

from heimta.commands import delete_shop
from heimta.model.audience import AdAudience, Change
from heimta.model.preferences import Proof
from heimta.model.visitor import Identity, VisitorState
from heimta.operate.doctor import judge_store
from heimta.store import audiences, checkup, deletion, documents, keys, partitions, proofs
from heimta.store.connect import Client
from tests.cli.test_cli import environ
from tests.cli.test_cli import heimta as run
from tests.store.test_erase import everything
from tests.worker.people import MAIL, hub
from tests.worker.shop import CAMPAIGN, SHOP, T0, VISITOR

__all__ = ["environ"]
LISTED = {"carts": AdAudience("1234567890"), "file": AdAudience("")}


async def heimta(*args: str, given: str = "") -> Result:
    return await asyncio.to_thread(run, *args, given=given)


@pytest.fixture
async def store(redis: Client, environ: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A shop with a visitor who agreed, and one person whom Meta has."""
    monkeypatch.setattr(delete_shop, "SETTLE_S", 0.1)
    monkeypatch.setattr(deletion, "NOTICED_S", 0.1)
    monkeypatch.setattr(deletion, "PAUSE_S", 0.1)
    await partitions.settle(redis, 16)
    await heimta("shop", "create", "demo")
    await heimta("shop", "create", "stays")
    await documents.put(redis, msgspec.structs.replace(SHOP, ad_audiences=LISTED), now=T0)
    await documents.put(redis, CAMPAIGN, now=T0)
    state = VisitorState("demo", VISITOR, identity=Identity(email=MAIL, email_of=(T0, "s", 0)))
    home = keys.partition_of("demo", VISITOR, 16)
    await redis.set(keys.visitor(home, "demo", VISITOR), msgspec.msgpack.encode(state))
    for name, said in ((VISITOR, "yes email"), (hub(), "no email")):
        at = keys.partition_of("demo", name, 16)
        await proofs.keep(redis, "demo", at, name, Proof(T0, said, "/", "w"))
    await proofs.keep_words(redis, "demo", "w", "I agree.")
    for name in LISTED:
        await audiences.wish(redis, "demo", [Change(name, True, T0, ["e1"])], now=T0)
        await audiences.told(redis, "demo", [f"{name}:e1"], is_in=True, now=T0)
    return redis


async def test_it_says_what_goes_and_asks_for_the_name(store: Client) -> None:
    before = sorted((await everything(store)).splitlines())
    planned = await heimta("shop", "delete", "demo", "--dry-run")
    lines = [" ".join(line.split()) for line in planned.stdout.splitlines()]
    assert lines[0] == f"shop demo (Demo, {SHOP.origins[0]}): all of it goes"
    assert {"2 documents", "1 states of visitors and of persons", "nothing was changed"} <= set(lines)
    assert "ad audience carts: Meta has 1 people in it; delete audience 1234567890 there" in lines
    assert "heimta shop proofs demo --json > FILE" in lines and "ad audience file" not in planned.stdout
    wrong = await heimta("shop", "delete", "demo", given="stays\n")
    assert "that is not 'demo': nothing was changed" in str(wrong.exception)
    assert sorted((await everything(store)).splitlines()) == before
    done = await heimta("shop", "delete", "demo", given="demo\n")
    assert done.exit_code == 0 and "shop demo is deleted: " in done.stdout
    assert "take its tag off its pages" in done.stdout
    assert b"demo" not in await everything(store)
    assert (await heimta("shop", "list")).stdout == "stays\n"
    missing = await heimta("shop", "delete", "demo", "--yes")
    assert "there is no shop 'demo'; `heimta shop list`" in str(missing.exception)


async def test_all_proofs_are_printed_for_whoever_needs_them(store: Client) -> None:
    told = await heimta("shop", "proofs", "demo", "--json")
    rows = {row["visitor"]: row for row in map(msgspec.json.decode, told.stdout.splitlines())}
    assert rows[VISITOR] | {"email": MAIL, "what": "yes email", "words": "I agree."} == rows[VISITOR]
    assert rows.keys() == {VISITOR, hub()} and rows[hub()]["what"] == "no email"
    plain = (await heimta("shop", "proofs", "demo")).stdout
    assert f"{VISITOR}  {MAIL}" in plain and "    I agree." in plain
    assert "said nothing, or more" in (await heimta("shop", "proofs", "stays")).stdout


async def test_one_that_was_broken_off_is_told_and_its_name_is_not_free(store: Client) -> None:
    await deletion.stop(store, "demo")
    listed = await heimta("shop", "list")
    assert (
        listed.stdout == "stays\n" and "demo is deleted in part; `heimta shop delete demo`" in listed.stderr
    )
    refused = await heimta("shop", "create", "demo")
    assert "shop 'demo' is being deleted" in str(refused.exception)
    found = judge_store(await checkup.store(store, 16, now=T0), 16, now=T0)
    assert [one.words for one in found if one.check == "shop demo"] == ["is deleted in part"]
    done = await heimta("shop", "delete", "demo", "--yes")
    assert "began before, and goes on" in done.stdout
    assert (await heimta("shop", "create", "demo")).exit_code == 0
