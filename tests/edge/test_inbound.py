"""What shoppers answer: by SMS through the gateway, at Messenger through Meta."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec
import pytest

from heimta.edge import inbound
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry
from heimta.model.person import hub_of
from heimta.model.providers import Facebook, Sms
from heimta.model.visitor import VisitorState
from heimta.rules.provider_signatures import meta, twilio
from heimta.rules.refs import GOOD_MS
from heimta.store import documents, keys, proofs, psids, secrets
from tests.edge.conftest import Asker
from tests.stubs.graph import APP_SECRET, PAGE
from tests.stubs.twilio import ACCOUNT, TOKEN
from tests.worker.shop import OTHER, SHOP, T0, VISITOR

FROM = "+491701234567"
PSID = "7654321"
HUB = hub_of("demo", "phone", FROM)


@pytest.fixture
async def hooked(edge: Asker) -> AsyncIterator[Asker]:
    """A shop that sends SMS and has a page."""
    shop = msgspec.structs.replace(SHOP, sms=Sms(ACCOUNT, "+4915199999999"), facebook=Facebook(PAGE))
    await documents.put(edge.redis, shop, now=T0)
    for name, value in {"sms_token": TOKEN, "facebook_app": APP_SECRET, "facebook_verify": "a word"}.items():
        await secrets.set_provider(edge.redis, "demo", name, value)
    await edge.shops.refresh()
    yield edge


async def text(edge: Asker, body: str = "", *, sign: str = "", **more: str) -> httpx2.Response:
    """An SMS to the shop, as the gateway tells of it."""
    fields = {"MessageSid": "SM1", "AccountSid": ACCOUNT, "From": FROM, "To": "+4915199999999", "Body": body}
    told = {**fields, **more}
    signed = sign or twilio(TOKEN, "https://edge/hooks/demo/sms", told.items())
    return await edge.post("/hooks/demo/sms", urlencode(told).encode(), x_twilio_signature=signed)


async def consents(edge: Asker) -> list[tuple[str, str, bool, str]]:
    """(whose, channel, yes, why) of all in the log."""
    told = [json.loads(data) for kind, data in await edge.logged() if kind == "consent"]
    return [(one["vid"], one["channel"], one["yes"], one["why"]) for one in told]


async def test_a_stop_word_is_a_no_of_the_number(hooked: Asker) -> None:
    answer = await text(hooked, "Stopp bitte")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/xml")
    assert "<Message>Demo: done, no more messages. START brings them back.</Message>" in answer.text
    assert await consents(hooked) == [(HUB, "sms", False, "stop_word")]
    home = keys.partition_of("demo", HUB, 4)
    (proof,) = await proofs.of(hooked.redis, "demo", home, HUB)
    assert (proof.at, proof.what, proof.where) == (T0, "no sms", "sms")


@pytest.mark.parametrize(
    ("body", "more"), [("STOP", {}), ("start", {}), ("Weg damit", {"OptOutType": "STOP"})], ids=str
)
async def test_what_the_gateway_answers_itself_is_not_answered_twice(
    hooked: Asker, body: str, more: dict[str, str]
) -> None:
    answer = await text(hooked, body, **more)
    assert "<Message>" not in answer.text
    assert len(await consents(hooked)) == 1


async def test_a_stop_outlasts_a_store_that_fails_over(
    hooked: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio tells it once, and waits."""
    commit, asked = hooked.app.state.edge.commit, 0
    append = commit.append

    async def away(entry: Entry, **more: Any) -> None:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise Unavailable
        await append(entry, **more)

    monkeypatch.setattr(commit, "append", away)
    monkeypatch.setattr(inbound, "AGAIN_S", 0.01)
    assert (await text(hooked, "START", MessageSid="SM0")).status_code == 503
    assert (await text(hooked, "ABMELDEN")).status_code == 200
    assert (await consents(hooked), asked) == ([(HUB, "sms", False, "stop_word")], 4)
    asked = -1000
    monkeypatch.setattr(inbound, "PATIENCE_S", 0.05)
    assert (await text(hooked, "STOP", MessageSid="SM2")).status_code == 503


async def test_help_is_given_and_changes_nothing(hooked: Asker) -> None:
    answer = await text(hooked, "Hilfe")
    assert "STOP ends them. http://localhost:1</Message>" in answer.text
    assert await consents(hooked) == []


async def test_the_answer_is_in_the_language_of_whoever_told_the_number(hooked: Asker) -> None:
    shop = msgspec.structs.replace(
        SHOP, languages=("en", "de"), sms=Sms(ACCOUNT, "+4915199999999", url="http://gateway")
    )
    await documents.put(hooked.redis, shop, now=T0)
    await hooked.shops.refresh()
    hub = VisitorState("demo", HUB, members={OTHER: 20_000, VISITOR: 20_001})
    for state in (hub, VisitorState("demo", VISITOR, lang="de-AT"), VisitorState("demo", OTHER, lang="en")):
        home = keys.partition_of("demo", state.visitor, 4)
        await hooked.redis.set(keys.visitor(home, "demo", state.visitor), msgspec.msgpack.encode(state))
    assert "Demo: erledigt, keine Nachrichten mehr." in (await text(hooked, "STOP")).text
    assert "Demo: done" in (await text(hooked, "STOP", From="+491709999999", MessageSid="SM9")).text


async def test_an_old_start_cannot_be_played_again(hooked: Asker) -> None:
    await text(hooked, "START", MessageSid="SM1")
    await text(hooked, "STOP", MessageSid="SM2")
    await text(hooked, "START", MessageSid="SM1")
    assert [yes for _, _, yes, _ in await consents(hooked)] == [True, False]


async def test_a_number_that_takes_nothing_is_told_of_later(hooked: Asker) -> None:
    for sid, state, code in [
        ("SM1", "delivered", ""),
        ("SM2", "undelivered", "30008"),
        ("SM4", "undelivered", "30011"),  # a phone that takes no pictures
        ("SM3", "failed", "21610"),
    ]:
        await text(
            hooked, MessageSid=sid, MessageStatus=state, ErrorCode=code, From="+4915199999999", To=FROM
        )
    assert await consents(hooked) == [(HUB, "sms", False, "refused")]


@pytest.mark.parametrize("origin", ["https://edge:8443", "https://edge"])
async def test_a_port_is_signed_or_left_out(hooked: Asker, origin: str) -> None:
    fields = {"MessageSid": "SM1", "From": FROM, "Body": "STOP"}
    sign = twilio(TOKEN, f"{origin}/hooks/demo/sms", fields.items())
    body = urlencode(fields).encode()
    answer = await hooked.post("/hooks/demo/sms", body, x_twilio_signature=sign, host="edge:8443")
    assert answer.status_code == 200
    assert await consents(hooked) == [(HUB, "sms", False, "stop_word")]


@pytest.mark.parametrize("sign", ["wrong", twilio("", "https://edge/hooks/demo/sms", [])])
async def test_only_the_gateway_is_heard(hooked: Asker, sign: str) -> None:
    answer = await text(hooked, "STOP", sign=sign)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_signature")
    assert await hooked.logged() == []


async def test_a_shop_without_sms_answers_as_one_that_is_not_there(edge: Asker) -> None:
    bodies = []
    for shop in ("demo", "nobody"):
        answer = await edge.post(f"/hooks/{shop}/sms", b"Body=STOP", x_twilio_signature="x")
        bodies.append((answer.status_code, answer.json()))
    assert bodies[0] == bodies[1] and bodies[0][0] == 401


@pytest.mark.parametrize(
    "body", [b"\xff=1", b"&".join(b"a%d=1" % i for i in range(200))], ids=["utf-8", "many"]
)
async def test_what_is_no_form_is_refused(hooked: Asker, body: bytes) -> None:
    assert (await hooked.post("/hooks/demo/sms", body)).status_code == 400


async def hear(
    edge: Asker, *happened: dict[str, Any], sign: str = "", page: str = PAGE, way: str = "messaging"
) -> httpx2.Response:
    """What happened on the page, as Meta tells it."""
    one = [{"sender": {"id": PSID}, "recipient": {"id": page}, "timestamp": T0, **each} for each in happened]
    body = json.dumps({"object": "page", "entry": [{"id": page, "time": T0, way: one}]}).encode()
    return await edge.post("/hooks/demo/messenger", body, x_hub_signature_256=sign or meta(APP_SECRET, body))


async def link(edge: Asker, visitor: str = VISITOR) -> str:
    """The ref of the m.me link that the shop's page gets."""
    told = (await edge.post("/s/demo/messenger", {"vid": visitor})).json()["link"]
    address, _, ref = told.partition("?ref=")
    assert address == f"https://m.me/{PAGE}"
    return str(ref)


async def notes(edge: Asker) -> list[dict[str, Any]]:
    return [json.loads(data) for kind, data in await edge.logged() if kind == "messenger"]


@pytest.mark.parametrize(
    "came",
    [
        lambda ref: {"referral": {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}},
        lambda ref: {"postback": {"title": "Get started", "payload": "go", "referral": {"ref": ref}}},
        lambda ref: {"optin": {"ref": ref}},
    ],
    ids=["referral", "postback", "optin"],
)
async def test_who_comes_through_the_link_is_known_and_has_agreed(hooked: Asker, came: Any) -> None:
    answer = await hear(hooked, came(await link(hooked)))
    assert (answer.status_code, answer.text) == (200, "EVENT_RECEIVED")
    assert await notes(hooked) == [{"vid": VISITOR, "psid": PSID, "at": T0, "since": T0}]
    assert await consents(hooked) == [(VISITOR, "messenger", True, "given")]
    home = keys.partition_of("demo", VISITOR, 4)
    (proof,) = await proofs.of(hooked.redis, "demo", home, VISITOR)
    assert (proof.what, proof.where) == ("yes messenger", "m.me")


async def test_what_they_write_later_is_heard_for_all_their_browsers(hooked: Asker) -> None:
    for visitor in (VISITOR, OTHER):
        await hear(hooked, {"referral": {"ref": await link(hooked, visitor)}})
    await hear(hooked, {"timestamp": T0 - 5, "message": {"mid": "m", "text": "Is it warm?"}})
    heard = [note for note in await notes(hooked) if note["at"] == T0 - 5]
    assert sorted(note["vid"] for note in heard) == sorted([VISITOR, OTHER])
    assert all(yes for _, _, yes, _ in await consents(hooked))


@pytest.mark.parametrize(
    "said",
    [{"message": {"text": "stop"}}, {"postback": {"title": "Stop messages", "payload": "heimta-stop"}}],
    ids=["word", "button"],
)
async def test_a_stop_is_a_no(hooked: Asker, said: dict[str, Any]) -> None:
    await psids.link(hooked.redis, "demo", PSID, VISITOR, 4, at=T0)
    await hear(hooked, said)
    assert await consents(hooked) == [(VISITOR, "messenger", False, "stop_word")]


async def test_a_stop_is_heard_while_another_app_has_the_conversation(hooked: Asker) -> None:
    await psids.link(hooked.redis, "demo", PSID, VISITOR, 4, at=T0)
    await hear(hooked, {"message": {"text": "STOP"}}, {"message": {"is_echo": True}}, way="standby")
    assert await consents(hooked) == [(VISITOR, "messenger", False, "stop_word")]


async def test_what_nobody_did_is_passed_over(hooked: Asker) -> None:
    await psids.link(hooked.redis, "demo", PSID, VISITOR, 4, at=T0)
    answer = await hear(
        hooked,
        {"message": {"text": "stop", "is_echo": True}},
        {"delivery": {"mids": ["m"], "watermark": 1}},
        {"read": {"watermark": 1}},
        {"sender": {"id": "../../x"}, "message": {"text": "stop"}},
        {"sender": {"user_ref": "x"}, "optin": {"ref": "x"}},
        {"timestamp": "soon", "message": {"text": "stop"}},
    )
    assert answer.status_code == 200
    assert (await hear(hooked, {"message": {"text": "stop"}}, page="999")).status_code == 200
    assert await hooked.logged() == []


@pytest.mark.parametrize("text", ["hi", "stop", "START"])
async def test_a_stranger_names_nobody(hooked: Asker, text: str) -> None:
    ref = await link(hooked)
    await hear(hooked, {"message": {"text": text}}, {"referral": {"ref": ref[:-4] + "AAAA"}})
    hooked.now += GOOD_MS
    await hear(hooked, {"timestamp": hooked.now, "referral": {"ref": ref}})
    assert await hooked.logged() == []


async def test_what_is_told_again_is_the_same(hooked: Asker) -> None:
    ref = await link(hooked)
    await hear(hooked, {"referral": {"ref": ref}})
    first = await hooked.logged()
    hooked.now += 60_000
    await hear(hooked, {"referral": {"ref": ref}})
    assert (await hooked.logged())[len(first) :] == first


@pytest.mark.parametrize("sign", ["sha256=00", "x", meta("", b"")])
async def test_only_meta_is_heard(hooked: Asker, sign: str) -> None:
    assert (await hear(hooked, {"message": {"text": "stop"}}, sign=sign)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object":1}', b"\xff", b"[" * 100], ids=range(5))
async def test_what_meta_never_tells_is_refused(hooked: Asker, body: bytes) -> None:
    answer = await hooked.post("/hooks/demo/messenger", body, x_hub_signature_256=meta(APP_SECRET, body))
    assert answer.status_code == 400


async def test_meta_may_ask_whether_the_address_is_ours(hooked: Asker) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "a word"}
    answer = await hooked.http.get("/hooks/demo/messenger", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for change, status in [
        ({"hub.verify_token": "b"}, 403),
        ({"hub.verify_token": ""}, 403),
        ({"hub.mode": "x"}, 403),
        ({"hub.challenge": "<script>"}, 400),
        ({"hub.challenge": ""}, 400),
    ]:
        refused = await hooked.http.get("/hooks/demo/messenger", params={**asked, **change})
        assert refused.status_code == status
    assert (await hooked.http.get("/hooks/nobody/messenger", params=asked)).status_code == 403


async def test_without_a_page_there_is_no_link(edge: Asker) -> None:
    answer = await edge.post("/s/demo/messenger", {"vid": VISITOR})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_page")


@pytest.mark.parametrize("hook", ["sms", "messenger"])
async def test_nothing_is_unpacked_and_nothing_large_is_read(hooked: Asker, hook: str) -> None:
    packed = await hooked.post(f"/hooks/demo/{hook}", b"x", content_encoding="gzip")
    assert (packed.status_code, packed.json()["error"]["code"]) == (415, "encoded")
    large = await hooked.post(f"/hooks/demo/{hook}", b"x" * (1024 * 1024 + 1))
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
