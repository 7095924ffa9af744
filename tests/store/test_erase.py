"""Erasure: afterwards no byte of the person is left, neither in the store nor in the files that it writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from heimta.cli import cli
from heimta.commands.person import SETTLE_S
from heimta.ingest.entry import PassedNote
from heimta.launch.valkey import embedded
from heimta.model.attention import Touch
from heimta.model.audience import AdAudience, Change, keys_of
from heimta.model.consent import ConsentNote
from heimta.model.event import Customer
from heimta.model.orders import OrderState
from heimta.model.person import hub_of, hubs_of
from heimta.model.preferences import Proof
from heimta.model.restore import RestoreRow
from heimta.model.visitor import Preferences, VisitorState
from heimta.store import audiences, documents, keys, orders, proofs, psids, restore, secrets, watchers, why
from heimta.store.attention import look, spend
from heimta.store.connect import Client, connect
from heimta.store.erase import SWAP, Marks, erase
from heimta.store.log import Log
from heimta.store.partition import Dead, PartitionStore, Write
from heimta.store.secrets import Secrets
from heimta.worker.entries import relay_to
from heimta.worker.owner import Owner
from tests.worker.conftest import Logged
from tests.worker.people import ANNA, BEN, EVE, MAIL, hub
from tests.worker.shop import CONTEXT, MINUTE, SHOP, T0, batch, cart

SECRETS = (
    b"anna@example.com",
    b"Anna@Example.com",
    b"1701234567",
    ANNA.encode(),
    BEN.encode(),
    hub().encode(),
)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server of its own, with the file that it appends to."""
    with embedded(tmp_path, appendfsync="always") as url:
        yield url, tmp_path


@pytest.fixture
async def own(data: tuple[str, Path]) -> AsyncIterator[Client]:
    client = connect(data[0])
    yield client
    await client.aclose()


@dataclass
class Told:
    """All in one partition, so that one owner folds it."""

    redis: Client

    async def tell(self, kind: str, data: bytes, at: int = T0) -> None:
        await Log(self.redis).append([Logged(kind, data, at)])

    async def event(self, who: str, name: str, props: dict[str, Any], number: int) -> None:
        await self.tell("batch", batch((name, T0, props), vid=who, src=f"s{number:010d}"))

    async def fold(self) -> Owner:
        async def owners(tokens: set[tuple[str, str]]) -> dict[str, str]:
            return {}

        async def ignore(*told: object) -> None:
            return None

        store = PartitionStore(self.redis, 0, "one")
        owner = Owner(store, {"demo": CONTEXT}, owners=owners, redeem=ignore, refresh=ignore)
        assert await owner.take_over()
        while await owner.fold() or (rows := await owner.relays()):
            rows = await owner.relays()
            told = [Logged("relay", fields[b"d"], T0) for _, fields in rows]
            assert all(relay_to(note.data) for note in told)
            if told:
                await Log(self.redis).append(told)
                await owner.relayed([name for name, _ in rows])
        return owner


async def populate(redis: Client) -> None:
    """Anna with two browsers, and Eve beside her, of whom nothing may go."""
    told = Told(redis)
    push = {"endpoint": "https://push.example/x", "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
    for number, who in enumerate((ANNA, BEN, EVE)):
        words = {"email": MAIL, "phone": "+49 170 1234567"} if who != EVE else {"email": "eve@example.com"}
        await told.event(who, "visitor_identified", words, 2 * number)
        await told.event(who, "cart_updated", {"cart": cart(5000)}, 2 * number + 1)
        await told.tell("push", msgspec.json.encode({"vid": who, "subscription": push}))
        await proofs.keep(redis, "demo", 0, who, Proof(T0, "yes", "/", "words"))
        await why.keep(redis, "demo", 0, who, why.Row(T0, "m", "j", "s", "push", "sent"))
        await restore.keep(redis, "demo", 0, f"row-{who}", RestoreRow(visitor=who, lines=[("a", 1)], code=""))
        await orders.first_buyer(redis, "demo", f"o-{who}", who, 1)
        await watchers.note(redis, 0, {("demo", "hat"): {who: T0}})
        await psids.link(redis, "demo", "psid-1", who, 1, at=T0)
    order = {"id": "o-1", "currency": "EUR", "exponent": 2, "total_minor": 1, "at": T0 - MINUTE}
    customer = msgspec.to_builtins(Customer(email=MAIL, phone="+49 170 1234567"))
    hook = {"type": "order_completed", "order": {**order, "customer": customer}}
    await told.tell("order", msgspec.json.encode(hook))
    await told.tell("relay", msgspec.json.encode({
        "vid": EVE, "other": ANNA, "order": "o-2", "minor": 1, "currency": "EUR", "at": T0 - MINUTE,
    }))  # fmt: skip
    eves = hub("eve@example.com")
    chosen = PassedNote(EVE, eves, chosen=Preferences(["cart"], "normal", 0, (T0, "", 0)), by=ANNA)
    await told.tell("relay", msgspec.json.encode(chosen))
    owner = await told.fold()
    await owner.fire_due(now=T0 + 30 * MINUTE)
    letter = Dead("demo", "batch", T0, MAIL.encode(), "", "1-0", "broken", 1)
    store = PartitionStore(redis, 0, "two")
    await owner.release()
    assert await store.acquire() is not None
    await store.write(Write(dead=[letter], relays=[("demo", b'{"vid":"%s"}' % ANNA.encode())]),
                      expected=await store.checkpoint())  # fmt: skip
    await store.release()


async def everything(redis: Client) -> bytes:
    """Every key and every value, as the server would save them."""
    held = b""
    async for key in redis.scan_iter(match="*"):
        kind = (await redis.type(key)).decode()
        read: dict[str, Any] = {
            "string": redis.get,
            "hash": redis.hgetall,
            "zset": lambda name: redis.zrange(name, 0, -1),
            "set": redis.smembers,
            "list": lambda name: redis.lrange(name, 0, -1),
            "stream": lambda name: redis.xrange(name),
        }
        held += key + b" " + repr(await read[kind](key)).encode() + b"\n"
    return held


async def heimta(*args: str) -> Result:
    """The commands run a loop of their own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(cli, args, catch_exceptions=False))


@pytest.fixture
async def store(own: Client, data: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("HEIMTA_REDIS_URL", data[0])
    monkeypatch.setenv("HEIMTA_PARTITIONS", "1")
    monkeypatch.setattr("heimta.store.erase.PAUSE_S", 0.0)
    monkeypatch.setattr("heimta.commands.person.SETTLE_S", 0.0)
    await own.config_set("rdbcompression", "no")  # else a search in its files finds less than there is
    await secrets.create(own, "demo", Secrets("w" * 43, "s" * 43, "p", "q"))
    await documents.put(own, SHOP, now=T0)
    await populate(own)
    return own


@pytest.mark.parametrize("named", [("--email", "ANNA@example.com"), (ANNA,), ("--phone", "+491701234567")])
async def test_nothing_of_the_person_is_left_and_all_of_others_is(
    store: Client, data: tuple[str, Path], named: tuple[str, ...]
) -> None:
    before = await everything(store)
    assert all(secret in before for secret in SECRETS[1:])
    last = (await store.xinfo_stream(keys.log(0)))["last-generated-id"]
    done = await heimta("forget", "demo", *named, "--yes")
    assert done.exit_code == 0 and "2 browsers" in done.stdout and "looks once more" in done.stdout
    after = await everything(store)
    assert [secret for secret in SECRETS if secret in after] == []
    assert b"eve@example.com" in after and after.count(EVE.encode()) >= 9
    assert b"orders" in after  # what was counted stays counted
    await rewritten(store)
    assert (await store.xinfo_stream(keys.log(0)))["last-generated-id"] == last
    files = [file.read_bytes() for file in data[1].rglob("*") if file.is_file()]
    assert any(b"eve@example.com" in held for held in files)
    assert [secret for secret in SECRETS if any(secret in held for held in files)] == []


async def test_who_is_erased_does_not_come_back_into_an_ad_audience(store: Client) -> None:
    """By a wish that was on its way into the table, or by what a comparison has noted already."""
    shop = msgspec.structs.replace(SHOP, ad_audiences={"carts": AdAudience()})
    await documents.put(store, shop, now=T0)
    mine, eves = keys_of(email=MAIL, phone=""), keys_of(email="eve@example.com", phone="")
    for names in (mine, eves):
        change = msgspec.json.encode(Change("carts", True, T0, names))
        await store.xadd(keys.ads(0), {"s": "demo", "d": change})
        await audiences.see(store, "demo", {f"carts:{name}": f"{T0} " for name in names})
    held = await everything(store)
    assert all(name.encode() in held for name in (*mine, *eves))
    assert (await heimta("forget", "demo", ANNA, "--yes")).exit_code == 0
    await audiences.carried(store, 0, now=T0)
    seen = [audiences.split(field)[1] async for field, _, _ in audiences.all_seen(store, "demo")]
    assert set(await audiences.rows(store, "demo", [f"carts:{name}" for name in (*mine, *eves)])) == {
        f"carts:{name}" for name in eves
    }
    assert seen == list(eves)


FIRMS = "+493012345678"  # a company's number


async def test_who_shares_a_number_with_the_person_is_left_alone(store: Client) -> None:
    """A company's, which Anna told, and a colleague too: it is hers no more than the colleague's."""
    told = Told(store)
    await told.event(ANNA, "visitor_identified", {"phone": FIRMS}, 20)
    await told.event(EVE, "visitor_identified", {"phone": FIRMS}, 21)
    await told.tell("consent", msgspec.json.encode(ConsentNote(firms(), "sms", False, "stop_word", at=T0)))
    await (await told.fold()).release()
    await told.event(EVE, "visitor_identified", {"phone": FIRMS}, 22)  # not folded yet
    done = await heimta("forget", "demo", "--email", MAIL, "--yes")
    assert f"a word is the same: {EVE}" in done.stdout
    state = await state_of(store, EVE)
    assert state.identity is not None and state.identity.phone == FIRMS
    held = await state_of(store, firms())
    assert set(held.members) == {EVE} and set(held.joined) <= {EVE}
    assert await store.exists(keys.proof(0, "demo", EVE), keys.proof(0, "demo", firms())) == 2
    kept = [data async for data in logged(store) if FIRMS.encode() in data]
    assert len(kept) == 2 and all(EVE.encode() in data for data in kept)
    after = await everything(store)
    assert [secret for secret in SECRETS if secret in after] == []


async def test_whom_an_order_of_the_person_was_for_is_left_alone(store: Client) -> None:
    state = await state_of(store, ANNA)
    state.orders["o-1"] = OrderState("o-1", T0, 1, "EUR", "", T0, customer=Customer(email="eve@example.com"))
    await store.set(keys.visitor(0, "demo", ANNA), msgspec.msgpack.encode(state))
    assert EVE in (await heimta("forget", "demo", "--email", MAIL, "--yes")).stdout
    assert (await state_of(store, EVE)).identity is not None
    assert not await store.exists(keys.visitor(0, "demo", ANNA), keys.visitor(0, "demo", hub()))


async def test_the_budget_of_a_mailbox_goes_and_who_told_its_own_address_stays(store: Client) -> None:
    boxes = hub("eve@example.com")
    told = Told(store)
    await told.event(BEN, "visitor_identified", {"email": "eve+wool@example.com"}, 30)
    await (await told.fold()).release()
    for name in (hub("eve+wool@example.com"), boxes):
        await spend(store, await look(store, "demo", [name], 1), (Touch(T0, "m", "message"),))
        await store.zadd(keys.asked(0, "demo", name), {"m": T0})
    await heimta("forget", "demo", "--email", "eve+wool@example.com", "--yes")
    assert [key for kind in ("spent", "asked") async for key in store.scan_iter(f"*:{kind}:*")] == []
    assert boxes in hubs_of(await state_of(store, EVE))
    assert set((await state_of(store, boxes)).members) == {EVE}


async def test_a_browser_that_was_forgotten_meanwhile_keeps_nothing_of_the_person(store: Client) -> None:
    """Its state ended after 90 days of silence: the hub knows its name still, and its proofs are kept."""
    await store.delete(keys.visitor(0, "demo", BEN))
    shown = (await heimta("person", "demo", "--email", MAIL)).stdout
    assert BEN in shown and "no state" in shown and "1 proof" in shown
    assert "2 browsers" in (await heimta("forget", "demo", "--email", MAIL, "--yes")).stdout
    after = await everything(store)
    assert [secret for secret in SECRETS if secret in after] == []


async def test_a_number_is_found_however_it_is_typed(store: Client) -> None:
    """Nobody in the store told it: an order of a guest in the log has it, as the shop wrote it."""
    order = {"id": "o-9", "currency": "EUR", "exponent": 2, "total_minor": 1, "at": T0}
    hook = {"type": "order_completed", "order": {**order, "customer": {"phone": FIRMS}}}
    await Told(store).tell("order", msgspec.json.encode(hook))
    await heimta("forget", "demo", "--phone", "+49 30 12345678", "--yes")
    assert [data async for data in logged(store) if FIRMS.encode() in data] == []


def firms() -> str:
    return hub_of("demo", "phone", FIRMS)


async def state_of(redis: Client, name: str) -> VisitorState:
    raw = await redis.get(keys.visitor(0, "demo", name))
    assert raw is not None
    return msgspec.msgpack.decode(raw, type=VisitorState)


async def logged(redis: Client) -> AsyncIterator[bytes]:
    for _, fields in await redis.xrange(keys.log(0)):
        yield fields[b"d"]


async def rewritten(redis: Client) -> None:
    async with asyncio.timeout(30):
        while True:
            told = await redis.info("persistence")
            if not (told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"]):
                return
            await asyncio.sleep(0.02)


async def test_what_is_known_is_shown_and_nobody_is_made_up(store: Client) -> None:
    shown = (await heimta("person", "demo", "--email", MAIL)).stdout
    assert ANNA in shown and BEN in shown and EVE not in shown and "+491701234567" in shown
    lines = (await heimta("person", "demo", EVE, "--json")).stdout.splitlines()
    [told] = [msgspec.json.decode(line) for line in lines]
    assert told["state"]["visitor"] == EVE and len(told["proofs"]) == len(told["messages"]) == 1
    assert "no state" in (await heimta("person", "demo", "n" * 22)).stdout
    nobody = await heimta("person", "demo", "--email", "nobody@example.com")
    assert nobody.stdout == "nobody is known by 'nobody@example.com' in shop 'demo'\n"
    assert (await heimta("person", "demo", "--email", "nobody@example.com", "--json")).stdout == ""


async def test_what_was_bought_elsewhere_is_not_told_to_who_typed_the_address(store: Client) -> None:
    told = Told(store)
    order = {"id": "o-9", "currency": "EUR", "exponent": 2, "total_minor": 4711, "at": T0 + MINUTE}
    hook = {"type": "order_completed", "order": {**order, "customer": {"email": "eve@example.com"}}}
    await told.tell("order", msgspec.json.encode(hook))
    await (await told.fold()).release()
    held = (await state_of(store, EVE)).person_orders
    assert [placed.minor for placed in held.values()] == [4711]
    assert "4711" not in (await heimta("person", "demo", EVE, "--json")).stdout


@pytest.mark.parametrize(
    ("args", "why_not"),
    [
        (("forget", "demo"), "name one"),
        (("forget", "demo", ANNA, "--email", MAIL), "name one"),
        (("forget", "nosuch", ANNA), "there is no shop 'nosuch'"),
        (("person", "demo", "--phone", "0170 1234567"), "a number needs its .country"),
        (("person", "demo", "--id", "undefined"), "names nobody"),
    ],
)
async def test_what_cannot_be_asked_is_said(store: Client, args: tuple[str, ...], why_not: str) -> None:
    with pytest.raises(Exception, match=why_not):
        await heimta(*args)


async def no_pause(seconds: float) -> None:
    """Nobody else is there to wait for."""


@pytest.mark.parametrize("after_s", [0.5, 19.0], ids=["a step", "a step or a send that took its time"])
async def test_a_state_that_a_worker_writes_back_is_erased_too(redis: Client, after_s: float) -> None:
    """It had been read before; a look finds it that comes later than any worker may have it in hand."""
    row, due = keys.visitor(0, "demo", ANNA), after_s
    waited: list[float] = []
    said: list[float] = []
    await redis.set(row, b"\x80")

    async def passes(seconds: float) -> None:
        nonlocal due
        waited.append(seconds)
        due -= seconds
        if due <= 0 < due + seconds:
            await redis.set(row, b"\x80")

    marks = Marks("demo", {ANNA}, set())
    assert (await erase(redis, marks, settle_s=SETTLE_S, pause=passes, settling=said.append)).keys == 2
    assert not await redis.exists(row)
    assert SETTLE_S == 20 and waited[-2:] == [1.0, SETTLE_S]
    assert len(said) == waited.count(SETTLE_S)


async def test_another_s_state_that_is_written_at_each_look_is_not_clean(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, state = keys.visitor(0, "demo", EVE), VisitorState("demo", EVE)
    state.linked[ANNA] = (T0, 1)
    swaps, swap = 0, SWAP

    async def beaten(client: Client, names: list[str], told: list[bytes]) -> object:
        nonlocal swaps
        swaps += 1
        if swaps < 4:
            state.last_at = swaps
            await redis.set(row, msgspec.msgpack.encode(state))
        return await swap(client, names, told)

    await redis.set(row, msgspec.msgpack.encode(state))
    monkeypatch.setattr("heimta.store.erase.SWAP", beaten)
    done = await erase(redis, Marks("demo", {ANNA}, set()), settle_s=0, pause=no_pause)
    assert (done.parts, swaps) == (1, 4) and done.missed == 3
    assert ANNA.encode() not in await everything(redis)


async def test_every_kind_of_key_gives_up_its_part_on_any_store(redis: Client) -> None:
    for partition in range(3):  # on a cluster: on several servers
        tag = keys.tag(partition)
        for who in (ANNA, EVE):
            await redis.set(f"{tag}:claim:demo:{who}:spring", "CODE")
            await redis.set(f"{tag}:order:demo:{who[:4]}", who)
            await redis.hset(f"{tag}:out", who, "{}")
            await redis.zadd(f"{tag}:due", {f"demo:{who}": 1})
            await redis.sadd(f"{tag}:some", who)
            await redis.rpush(f"{tag}:more", who)
            await redis.xadd(f"{tag}:log", {"s": "demo", "d": f'{{"vid":"{who}"}}'})
            await redis.xadd(f"{tag}:dead", {"s": "other", "d": who})
    done = await erase(redis, Marks("demo", {ANNA}, {MAIL}), settle_s=0, pause=no_pause)
    assert (done.keys, done.parts, done.later) == (6, 15, 0)
    held = await everything(redis)
    assert held.count(ANNA.encode()) == 3  # another shop's dead letters
    assert held.count(EVE.encode()) == 3 * 8
