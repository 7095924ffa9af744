"""`heimta dead` as an operator types it, against a real store with letters in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner, Result

from heimta.cli import cli
from heimta.commands.common import CommandError
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.partition import Dead, PartitionStore, Write

CLEAR = "\x1b[2J"  # what a browser may send to the operator's terminal


def letter(shop: str, data: bytes, why: str) -> Dead:
    return Dead(shop, "batch", 1_763_760_000_000, data, "Firefox", "1763760000000-0", why, 3)


@pytest.fixture
async def store(redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    written = {
        3: [letter("demo", b'{"v":1}', "ValueError: bad")],
        7: [letter("other", CLEAR.encode(), CLEAR)],
    }
    for partition, dead in written.items():
        owner = PartitionStore(redis, partition, "test")
        assert await owner.acquire() is not None
        await owner.write(Write(dead=dead), expected="0")
    yield redis


# The commands run a loop of their own, so they are called outside of the fixture's.
def heimta(*args: str) -> Result:
    return CliRunner().invoke(cli, ("dead", *args))


async def called(*args: str) -> Result:
    return await asyncio.to_thread(heimta, *args)


async def test_letters_are_shown_with_what_is_wrong_and_no_control_characters(store: Client) -> None:
    shown = (await called("list")).stdout
    assert "demo batch, after 3 tries: ValueError: bad" in shown
    assert '{"v":1}' in shown and "2 shown" in shown
    assert "\x1b" not in shown


async def test_letters_of_one_shop_for_programs(store: Client) -> None:
    [line] = (await called("list", "--shop", "other", "--json")).stdout.splitlines()
    told = json.loads(line)
    assert (told["shop"], told["kind"], told["data"], told["tries"]) == ("other", "batch", CLEAR, 3)
    assert told["id"].startswith("p07/")


async def test_a_letter_is_put_back_by_its_name_and_all_others_are_dropped(store: Client) -> None:
    [line] = (await called("list", "--shop", "demo", "--json")).stdout.splitlines()
    name = json.loads(line)["id"]
    assert (await called("replay", name)).stdout == "1 put back\n"
    assert (await called("replay", name)).stdout == "0 put back\n"
    [(_, fields)] = await store.xrange(keys.log(3))
    assert fields == {
        b"s": b"demo",
        b"k": b"batch",
        b"t": b"1763760000000",
        b"d": b'{"v":1}',
        b"u": b"Firefox",
    }
    assert (await called("drop", "--all")).stdout == "1 dropped\n"
    assert "no dead letters" in (await called("list")).stdout


@pytest.mark.parametrize(
    "args", [("replay",), ("drop",), ("replay", "p07/1-0", "--all"), ("drop", "nonsense")]
)
async def test_what_is_not_clear_is_refused(store: Client, args: tuple[str, ...]) -> None:
    refused = await called(*args)
    assert isinstance(refused.exception, CommandError)
    assert await store.xlen(keys.dead(3)) == 1
