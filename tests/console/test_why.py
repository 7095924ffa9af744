"""The send log in the console: found by an id or an address, in words, for all browsers of a person."""

from __future__ import annotations

import msgspec
from msgspec import structs

from heimta.model.campaign import Attention
from heimta.model.event import Keys, Subscription
from heimta.model.person import hub_of
from heimta.model.visitor import ChannelConsent, Enrollment, Identity, VisitorState
from heimta.rules.attention import limits_of
from heimta.store import documents, keys, why
from heimta.store.connect import Client
from heimta.store.why import Row
from tests.console.browser import Browser, token_in
from tests.console.seed import HOUR_MS, NOW, PARTITIONS, SHOP, VISITOR, install

PAGE = "/console/shops/demo/messages"
OTHER = "w" * 22
MAIL = "a@b.example"
FACTS = {
    "now": NOW,
    "message": "m1",
    "zones": ["Asia/Tokyo"],
    "limits": {**msgspec.to_builtins(limits_of(Attention(quiet="21:00-08:00")))},
    "touches": [[NOW - HOUR_MS, "m0", "message", ""]],
}


def row(outcome: str, rule: str = "", *, at: int = NOW, facts: object = None, until: int = 0) -> Row:
    raw = msgspec.Raw(msgspec.json.encode(facts))
    return Row(at, "m1", "cart-back", "remind", "push", outcome, rule, until, raw)


async def keep(redis: Client, visitor: str, *rows: Row) -> None:
    home = keys.partition_of("demo", visitor, PARTITIONS)
    for one in rows:
        await why.keep(redis, "demo", home, visitor, one)


async def know(redis: Client, visitor: str, **changes: object) -> None:
    state = VisitorState("demo", visitor, identity=Identity(email=MAIL, email_of=(NOW, "s", 1)), last_at=NOW)
    raw = msgspec.msgpack.encode(structs.replace(state, **changes))
    await redis.set(keys.visitor(keys.partition_of("demo", visitor, PARTITIONS), "demo", visitor), raw)


async def seed(redis: Client) -> None:
    await install(redis)
    await documents.put(redis, structs.replace(SHOP, attention=Attention(quiet="21:00-08:00")), now=NOW)
    hub = hub_of("demo", "email", MAIL)
    await know(redis, hub, identity=None, members={VISITOR: NOW, OTHER: NOW})
    await know(
        redis,
        VISITOR,
        zone="Asia/Tokyo",
        consents={"email": ChannelConsent(told=(NOW - HOUR_MS, "s", 1))},
        subscription=Subscription("https://push.example/x", Keys("k" * 87, "a" * 22)),
        subscribed=(NOW - 2 * HOUR_MS, "yes", 0),
        enrollments={"cart-back": Enrollment("c" * 11, "treated", 1, NOW, ended="ordered")},
    )
    await know(redis, OTHER)


async def test_a_shopper_is_found_by_their_address_and_it_is_in_no_address_of_ours(
    redis: Client, merchant: Browser
) -> None:
    await seed(redis)
    token = token_in((await merchant.get(PAGE)).text)
    found = await merchant.post(PAGE, data={"csrf": token, "who": f" {MAIL} "})
    assert found.status_code == 303
    assert found.headers["location"].startswith(f"{PAGE}?visitor=")
    assert MAIL not in found.headers["location"]
    nobody = await merchant.post(PAGE, data={"csrf": token, "who": "no@b.example"})
    assert nobody.status_code == 404 and "Nobody is known by that" in nobody.text
    assert "no@b.example" not in nobody.text


async def test_each_decision_says_its_rule_and_its_facts(redis: Client, merchant: Browser) -> None:
    await seed(redis)
    until = NOW + HOUR_MS
    await keep(
        redis,
        VISITOR,
        row("defer", "quiet hours", facts=FACTS, until=until),
        row("defer", "apart_h", facts=FACTS, at=NOW + 1, until=until),
        row("skip", "ordered", facts=FACTS, at=NOW + 2),
        row("skip", "<b>new</b>", at=NOW + 3),
    )
    await keep(redis, OTHER, row("sent", at=NOW + 4))
    page = (await merchant.get(f"/console/shops/demo/messages?visitor={VISITOR}")).text
    assert "Deferred</strong>: quiet hours, until 21 Nov 2025, 23:20" in page
    assert "21:00-08:00 in Asia/Tokyo, where it was 06:20" in page
    assert "apart_h is 1" in page and "1 message within a week" in page
    assert "Skipped</strong>: the shopper has bought" in page
    assert "&lt;b&gt;new&lt;/b&gt;" in page and "<b>new</b>" not in page
    assert "Your cart is waiting, step remind, push" in page and "cart-back" not in page
    assert "Sent</strong>" in page and "one person, one budget" in page
    assert "Quiet from 21:00 to 08:00 in Asia/Tokyo" in page
    assert MAIL not in page


async def test_a_page_without_a_shopper_teaches_and_a_strange_id_shows_nothing(
    redis: Client, merchant: Browser
) -> None:
    await install(redis)
    assert "Every message can say why" in (await merchant.get("/console/shops/demo/messages")).text
    assert (
        "Every message can say why"
        in (await merchant.get("/console/shops/demo/messages?visitor=%3Cb%3E")).text
    )
    empty = (await merchant.get(f"/console/shops/demo/messages?visitor={OTHER}")).text
    assert "Nothing was decided for this shopper" in empty
    assert "They told no address" in empty
