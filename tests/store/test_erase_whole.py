"""Erasure knows each kind of key and each field of a state; of what it passes over is said why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from heimta.model.event import Customer
from heimta.model.orders import OrderState, PersonOrder
from heimta.model.person import hub_of
from heimta.model.visitor import ChannelConsent, Identity, Preferences, VisitorState
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.erase import _NAMELESS, Marks, erase, without
from tests.store.test_erase import data, everything, heimta, no_pause, own, state_of, store
from tests.worker.people import ANNA, EVE, MAIL, hub
from tests.worker.shop import T0

__all__ = ["data", "own", "store"]

ROW = re.compile(r"^\| (`.+`) \| ([a-z, ]+) \| ", re.MULTILINE)
# Of a shop, and not looked through: why nobody has to be found there.
OF_SHOPS = {
    **dict.fromkeys(("ads", "ads-todo", "ads-not", "ads-seen"), "store/audiences.py lets go of the person"),
    **dict.fromkeys(("ads-run", "ads-lease"), "how the telling goes"),
    **dict.fromkeys(("ledgers", "ledger", "ledger-due"), "names of hand-outs, which are hashes"),
    **dict.fromkeys(("pools", "pool", "pool-codes", "minting", "mintrests"), "codes, of nobody yet"),
    **dict.fromkeys(("sms-sent", "email-sent"), "names of messages, which are hashes, for two days"),
    **dict.fromkeys(("sms-days", "email-days"), "numbers"),
    **dict.fromkeys(("words", "docs", "older", "rev", "secrets"), "the merchant's own"),
    **dict.fromkeys(("sample", "samples-lately"), "what the merchant sent themselves, for minutes"),
}
# Fields of a state that may name somebody else than its own visitor, and of which `without` takes that.
OF_OTHERS = {
    *("orders", "elsewhere", "linked", "choices_heard", "person_orders", "consents"),
    *("members", "joined", "tellers"),
}
# All others that hold texts: the visitor's own, who go with their state.
OWN = {
    *("shop", "visitor", "lang", "lang_of", "seen", "sessions", "carts", "orders_floor", "exposures"),
    *("enrollments", "deliveries", "claims", "answers", "subscription", "subscribed", "renewed", "stopped"),
    *("preferences", "consented", "withdrawn", "faults", "identity", "audiences", "zone", "zone_of"),
    *("viewed", "psid", "heard", "shown", "moments", "considered", "unsubscribed", "asked"),
    *("phone_dead", "mail_dead"),  # six digits of a hash: too few to name anybody
}


def listed() -> Iterator[tuple[str, str]]:
    """(pattern, type) of each key that keys.py tells of."""
    for names, kinds in ROW.findall(keys.__doc__ or ""):
        yield from zip(re.findall("`([^`]+)`", names), kinds.split(", "), strict=True)


OF_PARTITIONS = [
    (pattern, kind)
    for pattern, kind in listed()
    if pattern.startswith("{p07}:") and pattern.split(":")[1] not in _NAMELESS
]


def test_each_kind_of_key_is_looked_through_or_it_is_said_why_not() -> None:
    kinds = {pattern.split(":")[2] for pattern, _ in listed() if pattern.startswith("{shop:demo}:")}
    assert kinds == set(OF_SHOPS)
    assert len(OF_PARTITIONS) >= 20
    named = {
        "v",
        "wallet",
        "spent",
        "ordering",
        "asked",
        "proof",
        "why",
        "claim",
        "restore",
        "log",
        "out",
        "due",
    }
    assert named <= {pattern.split(":")[1] for pattern, _ in OF_PARTITIONS}


@pytest.mark.parametrize(("pattern", "kind"), OF_PARTITIONS)
async def test_each_kind_of_key_gives_up_its_part(redis: Client, pattern: str, kind: str) -> None:
    """One with the person's name in it goes, and what others' keys hold of the person."""
    for who in (ANNA, EVE):
        held = re.sub("<(visitor|name|hub)>", who, pattern).replace("<shop>", "demo")
        key = re.sub("<[a-z]+>", "x", held) if who in held else re.sub("<[a-z]+>", "x" * 22, held)
        if kind == "stream":
            await redis.xadd(key, {"s": "demo", "d": f'{{"vid":"{who}"}}'})
        elif kind == "hash":
            await redis.hset(key, f"of-{who}", "{}")
        elif kind == "zset":
            await redis.zadd(key, {f"demo:{who}": 1})
        elif who in key:
            state = VisitorState("demo", who)
            await redis.set(key, msgspec.msgpack.encode(state))
        else:
            await redis.set(f"{key}-{who[:3]}", f'"{who}"')
    await erase(redis, Marks("demo", {ANNA}, {MAIL}), settle_s=0, pause=no_pause)
    after = await everything(redis)
    assert ANNA.encode() not in after and EVE.encode() in after


async def test_what_is_kept_of_one_person_runs_out(store: Client) -> None:
    """Those of all: the log, dead letters and figures are cut by age or number, timers and messages end."""
    lasting = {"roll", "lift", "swept", "product"}
    found = [key.decode() async for key in store.scan_iter("{p00}:*:demo:*")]
    kinds = {key.split(":")[1] for key in found} - lasting
    assert {"v", "proof", "why", "restore", "order", "watch", "psid"} <= kinds
    assert [key for key in found if key.split(":")[1] in kinds and await store.ttl(key) <= 0] == []


def test_each_field_of_a_state_that_holds_texts_is_known_to_erasure() -> None:
    """A new one belongs into `without` and OF_OTHERS where it may name somebody else, else into OWN."""
    fields = msgspec.json.schema_components([VisitorState])[1]["VisitorState"]["properties"]
    texts = {name for name, told in fields.items() if told.get("type") not in ("integer", "boolean")}
    assert texts == OF_OTHERS | OWN and not OF_OTHERS & OWN


def test_another_s_state_gives_up_the_person_wherever_it_may_hold_them() -> None:
    there = (T0, "", 0)
    held: dict[str, dict[str, object]] = {
        "orders": {"o": OrderState("o", T0, 1, "EUR", "", T0, customer=Customer(id="4711"))},
        "elsewhere": {ANNA: OrderState("o", T0, 1, "EUR", "", T0)},
        "linked": {ANNA: (T0, T0)},
        "choices_heard": {hub(): Preferences([], "less", 0, there)},
        "person_orders": {"m": PersonOrder(T0, 1, "EUR", [hub()])},
        "consents": {"email": ChannelConsent(yes=there, word_yes=there, word_hub=hub())},
        **{name: {ANNA: 1} for name in ("members", "joined", "tellers")},
    }
    assert set(held) == OF_OTHERS
    state = msgspec.convert({"shop": "demo", "visitor": EVE}, VisitorState)
    for name, value in held.items():
        setattr(state, name, value)
    whose = {ANNA, hub(), hub_of("demo", "id", "4711")}
    after = msgspec.json.encode(without(state, Marks("demo", whose, {MAIL}, {"4711"})))
    assert [mark for mark in (ANNA, hub(), "4711") if mark.encode() in after] == []
    assert without(state, Marks("demo", whose, ())).consents["email"].yes == there  # Eve's own


async def test_a_browser_that_left_the_address_keeps_no_yes_of_it(store: Client) -> None:
    """Anna confirmed her address there by the link in a mail; then Eve told her own on the same browser."""
    state = await state_of(store, EVE)
    state.consents["email"] = ChannelConsent(word_yes=(T0, "confirmed", 0), word_hub=hub())
    await store.set(keys.visitor(0, "demo", EVE), msgspec.msgpack.encode(state), ex=60)
    assert (await heimta("forget", "demo", "--email", MAIL, "--yes")).exit_code == 0
    assert hub().encode() not in await everything(store)
    assert (await state_of(store, EVE)).identity == state.identity


async def ordered(redis: Client, customer: Customer) -> str:
    """A browser that told no word, in which the shop told an order for somebody; and that their hub heard."""
    buyer, kept = "n" * 22, msgspec.msgpack.encode
    order = OrderState("o-7", T0, 4200, "EUR", "", T0, customer=customer)
    state = VisitorState("demo", buyer, first_at=T0, orders={"o-7": order})
    await redis.set(keys.visitor(0, "demo", buyer), kept(state), ex=60)
    words = ("email", customer.email), ("id", customer.id)
    for name in (hub_of("demo", kind, word) for kind, word in words if word):  # type: ignore[arg-type]
        heard = VisitorState("demo", name, tellers={buyer: T0})
        await redis.set(keys.visitor(0, "demo", name), kept(heard), ex=60)
    return buyer


async def test_an_order_for_the_person_is_told_of_and_is_no_word_of_the_browser_s(store: Client) -> None:
    """A guest's: "nobody is known by" it, though the order holds the address."""
    buyer = await ordered(store, Customer(email="gast@example.com"))
    shown = (await heimta("person", "demo", "--email", "gast@example.com")).stdout
    assert (
        "nobody" not in shown
        and f"perhaps the same person, by another word or an order of theirs: {buyer}" in shown
    )
    done = (await heimta("forget", "demo", "--email", "gast@example.com", "--yes")).stdout
    assert f"not erased, though a word is the same: {buyer}" in done
    assert (await state_of(store, buyer)).orders["o-7"].customer is None  # the browser may be a friend's
    assert b"gast@example.com" not in await everything(store)


async def test_who_is_erased_by_a_customer_id_is_taken_out_of_orders(store: Client) -> None:
    buyer = await ordered(store, Customer(id="k-4711", email="gast@example.com"))
    await heimta("forget", "demo", "--id", "k-4711", "--yes")
    assert (await state_of(store, buyer)).orders["o-7"].customer is None
    assert b"k-4711" not in await everything(store)


async def test_a_browser_that_its_hub_forgot_is_found_by_its_customer_id(store: Client) -> None:
    state = VisitorState("demo", "n" * 22, first_at=T0, identity=Identity(id="k-4711", id_of=(T0, "s", 0)))
    await store.set(keys.visitor(0, "demo", "n" * 22), msgspec.msgpack.encode(state), ex=60)
    await heimta("forget", "demo", "--id", "k-4711", "--yes")
    assert b"k-4711" not in await everything(store)


async def test_a_short_customer_id_finds_no_more_than_it_names(redis: Client) -> None:
    """Nearly every state has a 7 in it. Put down in another order than ours, it is another's no less."""
    state = VisitorState("demo", EVE, linked={"visitor-7-------------": (T0, 1), "a" * 22: (T0, 7)})
    raw = msgspec.msgpack.encode(state)
    await redis.set(keys.visitor(0, "demo", EVE), raw)
    marks = Marks("demo", {ANNA, hub_of("demo", "id", "7")}, (), {"7"})
    assert (await erase(redis, marks, settle_s=0, pause=no_pause)).found == 0
    assert await redis.get(keys.visitor(0, "demo", EVE)) == raw
