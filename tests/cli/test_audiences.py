"""`heimta audiences` as a merchant types it, against a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from heimta.cli import cli
from heimta.commands.common import CommandError
from heimta.journeys.audiences import put
from heimta.model.audience import AdAudience, Change, keys_of
from heimta.model.documents import ShopDoc
from heimta.model.visitor import Identity, VisitorState
from heimta.store import audiences, documents, keys
from heimta.store.connect import Client

T0 = 1_763_760_000_000
SHOP = ShopDoc(
    id="demo",
    name="Demo",
    origins=("http://localhost:1",),
    currency="EUR",
    ad_audiences={"carts": AdAudience("120330000000000001"), "winter": AdAudience()},
)
ANNA = keys_of(email="an.na+wool@gmail.com", phone="+354 581 2345")


@pytest.fixture
async def store(redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    await documents.put(redis, SHOP, now=T0)
    state = VisitorState("demo", "v" * 22, marketing=True)
    state.identity = Identity(email="An.na+wool@gmail.com", phone="+354 581 2345")
    put(state, "carts", adds=True, now=T0)
    await redis.set(keys.visitor(0, "demo", state.visitor), msgspec.msgpack.encode(state))
    await audiences.wish(redis, "demo", [Change("carts", True, T0, ANNA)], now=T0)
    yield redis


def heimta(*args: str) -> Result:
    return CliRunner().invoke(cli, ("audiences", *args))


async def called(*args: str) -> Result:
    return await asyncio.to_thread(heimta, *args)


async def test_the_list_says_who_is_in_and_what_hinders(store: Client) -> None:
    said = (await called("list", "demo")).stdout
    keys = "0 told, 2 to be told, 0 held back (excluded), 2 wished in"
    assert f"carts: 0 people at the network; their keys: {keys}" in said
    await audiences.note(store, "demo", {"fault": "token", "wait_until": T0})
    said = (await called("list", "demo")).stdout
    assert "the network refuses (token): Meta does not take the token any more" in said
    assert "heimta shop secret demo facebook_ads_token\n  tried again at 2025-11-21 21:20:00 UTC" in said


async def test_googles_file_holds_who_is_in_hashed_by_googles_rules(store: Client, tmp_path: Path) -> None:
    email, phone = (sha256(word).hexdigest() for word in (b"anna@gmail.com", b"+3545812345"))
    file = tmp_path / "google.csv"
    assert "1 people" in (await called("export", "demo", "carts", "--out", str(file))).stdout
    assert file.read_text() == f"Email,Phone\n{email},{phone}\n"
    assert (await called("export", "demo", "winter")).stdout == "Email,Phone\n"
    await audiences.wish(store, "demo", [Change("carts", False, T0 + 1, ANNA)], now=T0)
    assert (await called("export", "demo", "carts")).stdout == "Email,Phone\n"


async def test_people_in_remarketing_elsewhere_are_kept_out(store: Client, tmp_path: Path) -> None:
    file = tmp_path / "others.csv"
    file.write_text(f"{sha256(b'3545812345').hexdigest().upper()}\n\nbo@example.com\n")
    assert "3 new on the list, of 3 lines" in (await called("exclude", "demo", str(file))).stdout
    assert "0 to be told, 2 held back" in (await called("list", "demo")).stdout
    assert (await called("export", "demo", "carts")).stdout == "Email,Phone\n"
    assert "3 taken off" in (await called("exclude", "demo", str(file), "--take-back")).stdout
    assert "2 to be told, 0 held back" in (await called("list", "demo")).stdout


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("list", "nobody"), "there is no shop 'nobody'"),
        (("export", "demo", "summer"), "no ad audience 'summer'; there are carts, winter"),
    ],
)
async def test_what_is_not_there_is_named(store: Client, args: tuple[str, ...], why: str) -> None:
    fault = (await called(*args)).exception
    assert isinstance(fault, CommandError) and why in str(fault)


async def test_a_byte_order_mark_is_no_part_of_the_first_address(store: Client, tmp_path: Path) -> None:
    file = tmp_path / "others.csv"
    file.write_text("an.na+wool@gmail.com\n", encoding="utf-8-sig")
    await called("exclude", "demo", str(file))
    assert "2 held back" in (await called("list", "demo")).stdout
    file.write_bytes("anna@example.com\n".encode("utf-16"))
    assert "is not UTF-8 text" in str((await called("exclude", "demo", str(file))).exception)


@pytest.mark.parametrize(
    "line", ["bo@example.com,Bo", "bo@example.com;1", "Bo <bo@example.com>", "+49 171 2345678,30", "email"]
)
async def test_a_line_with_more_than_one_word_is_refused_and_changes_nothing(
    store: Client, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "others.csv"
    file.write_text(f"anna@example.com\n{line}\n")
    fault = (await called("exclude", "demo", str(file))).exception
    assert isinstance(fault, CommandError) and "line 2 is neither" in str(fault) and line in str(fault)
    assert "0 held back" in (await called("list", "demo")).stdout


async def test_a_line_that_names_nobody_is_told_by_its_number(store: Client, tmp_path: Path) -> None:
    file = tmp_path / "others.csv"
    file.write_text("bo@example.com\n0171 234567\n")
    fault = (await called("exclude", "demo", str(file))).exception
    assert isinstance(fault, CommandError) and "line 2 is neither" in str(fault)
