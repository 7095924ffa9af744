"""`heimta person`: what stands there of consent is what decides, and all that was proven is told."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from heimta.model.person import hub_of
from heimta.model.preferences import Proof
from heimta.model.providers import Email
from heimta.model.visitor import ChannelConsent, Identity, VisitorState
from heimta.store import documents, keys, people, proofs
from heimta.store.connect import Client
from tests.cli.test_cli import environ, heimta
from tests.worker.people import MAIL, hub
from tests.worker.shop import SHOP, T0, VISITOR

__all__ = ["environ"]
YES = ChannelConsent(yes=(T0, "given", 0), yes_why="given")
TOLD = ChannelConsent(told=(T0, "s", 0))
REFUSED = msgspec.structs.replace(TOLD, no=(T0 - 1, "centre", 0), no_why="centre")
# Typed for an address that had said no, and what that says of it by the link in a mail.
TYPED = msgspec.structs.replace(YES, no=(T0 - 1, "centre", 0), no_why="centre")
CONFIRMED = msgspec.structs.replace(TYPED, word_yes=(T0 + 1, "confirmed", 0), word_hub=hub())


def known() -> VisitorState:
    return VisitorState("demo", VISITOR, identity=Identity(email=MAIL, email_of=(T0, "s", 0)))


async def keep(redis: Client, state: VisitorState) -> None:
    mailing = msgspec.structs.replace(SHOP, email=Email("Demo <hello@shop.example>", "smtp.shop.example"))
    await documents.put(redis, mailing, now=T0)
    home = keys.partition_of("demo", VISITOR, 16)
    await redis.set(keys.visitor(home, "demo", VISITOR), msgspec.msgpack.encode(state))


async def said(*args: str) -> list[str]:
    shown = await asyncio.to_thread(heimta, *args)
    assert shown.exit_code == 0, shown.exception
    return [" ".join(line.split()) for line in shown.stdout.splitlines()]


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize(
    ("held", "stopped", "word"),
    [
        (YES, 0, "email yes"),
        (TOLD, 0, "email yes, by the shop's word"),
        (YES, T0 + 1, "email no: the shopper wants no messages at all"),
        (REFUSED, 0, "email no: the shopper said no to this channel"),
        (TYPED, 0, "email no: the address has not confirmed the yes that was typed for it"),
        (CONFIRMED, 0, "email yes, confirmed by the address 2025-11-21T21:20+00:00"),
    ],
)
async def test_what_is_said_of_a_channel_is_what_decides(
    redis: Client, held: ChannelConsent, stopped: int, word: str
) -> None:
    state = known()
    state.consents["email"], state.stopped = held, (stopped, "", 0)
    await keep(redis, state)
    lines = await said("person", "demo", VISITOR)
    assert [line for line in lines if line.startswith("email")] == [f"email {MAIL}", word]
    assert any(line.startswith("push no: ") for line in lines)


@pytest.mark.usefixtures("environ")
async def test_what_an_address_said_is_proven_for_its_browsers(redis: Client) -> None:
    """A STOP names a number, a complaint an address, and neither a browser."""
    await keep(redis, known())
    at_hub = Proof(T0 + 1, "no email", "complaint", "")
    for name, proof in ((VISITOR, Proof(T0, "yes email", "/", "w")), (hub(), at_hub)):
        await proofs.keep(redis, "demo", keys.partition_of("demo", name, 16), name, proof)
    assert [proof.at for proof in await people.proofs_of(redis, "demo", VISITOR, known(), 16)] == [T0, T0 + 1]
    assert len(await people.proofs_of(redis, "demo", VISITOR, None, 16)) == 1
    assert [line.split(" ", 1)[1] for line in await said("shop", "proofs", "demo", VISITOR)] == [
        "yes email / w",
        "no email complaint -",
    ]
    assert "kept besides 2 proofs, 0 rows of the send log" in await said("person", "demo", VISITOR)
    [line] = await said("person", "demo", VISITOR, "--json")
    assert len(msgspec.json.decode(line)["proofs"]) == 2


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("browsers", ["none told it", "forgotten since"])
async def test_a_no_that_no_browser_tells_of_any_more_is_shown(redis: Client, browsers: str) -> None:
    """A STOP by SMS is kept for three years, a browser for 90 days: it said that nobody is known."""
    await documents.put(redis, SHOP, now=T0)
    number, stop = hub_of("demo", "phone", "+491701234567"), Proof(T0, "no sms", "sms", "stop_word")
    home = keys.partition_of("demo", number, 16)
    await proofs.keep(redis, "demo", home, number, stop)
    if browsers == "forgotten since":
        kept = VisitorState("demo", number, members={VISITOR: 1})
        await redis.set(keys.visitor(home, "demo", number), msgspec.msgpack.encode(kept))
    shown = await said("person", "demo", "--phone", "+49 170 1234567")
    assert [number, "kept 1 proof of what was said to that word itself"] == shown[-2:]
    lines = await said("person", "demo", "--phone", "+49 170 1234567", "--json")
    told = msgspec.json.decode(lines[-1])
    assert (told["visitor"], told["state"], len(told["proofs"])) == (number, None, 1)
    assert told["proofs"][0]["where"] == "sms"
    shown = await said("person", "demo", "--phone", "+49 170 7654321")
    assert shown == ["nobody is known by '+49 170 7654321' in shop 'demo'"]


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("command", [["person"], ["forget"], ["why"], ["shop", "proofs"]])
@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("anna@example.com", "--email anna@example.com"),
        ("+49 170 1234567", "--phone '+49 170 1234567'"),
        ("7", "--id 7"),
    ],
)
async def test_an_address_is_no_visitor_and_the_way_to_them_is_told(
    redis: Client, command: list[str], word: str, way: str
) -> None:
    """It was taken for one: "1 browser", and an erasure that erased nobody said that nothing is left."""
    await documents.put(redis, SHOP, now=T0)
    refused = await asyncio.to_thread(heimta, *command, "demo", word)
    assert f"{word!r} is no visitor's id" in str(refused.exception)
    assert f"`heimta person demo {way}` names the visitors" in str(refused.exception)


@pytest.mark.usefixtures("environ", "redis")
@pytest.mark.parametrize("command", [["person"], ["forget"], ["why"], ["shop", "proofs"]])
async def test_of_a_shop_that_nobody_made_nothing_is_told(command: list[str]) -> None:
    refused = await asyncio.to_thread(heimta, *command, "dmeo", VISITOR)
    assert "there is no shop 'dmeo'; `heimta shop list` names them" in str(refused.exception)
