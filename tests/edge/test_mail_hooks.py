"""Mail providers at `POST /hooks/{shop}/bounces`: only who signs or logs in as theirs is heard."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heimta.edge.bounces import PART, SENDGRID, SENDGRID_TIME
from heimta.model.person import hub_of
from heimta.rules.provider_signatures import OLDEST_S, mailgun
from heimta.store import secrets
from tests.edge.conftest import Asker
from tests.worker.shop import T0

ANNA = "anna@mail.example"
HUB = hub_of("demo", "email", ANNA)
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
MAILGUN, LOGIN = "key-0123456789", "mail:a long word"
NOW = str(T0 // 1000)
POSTMARK = json.dumps({"RecordType": "Bounce", "Type": "HardBounce", "Email": ANNA}).encode()
EVENTS = json.dumps([{"email": ANNA, "event": "spamreport", "timestamp": T0 // 1000 - 60}]).encode()


@pytest.fixture
async def hooked(edge: Asker) -> AsyncIterator[Asker]:
    kept = {"mailgun_webhook": MAILGUN, "sendgrid_webhook": PUBLIC, "mail_login": LOGIN}
    for name, value in kept.items():
        await secrets.set_provider(edge.redis, "demo", name, value)
    await edge.shops.refresh()
    yield edge


async def tell(edge: Asker, body: bytes, shop: str = "demo", **headers: str) -> httpx2.Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await edge.http.post(f"/hooks/{shop}/bounces", content=body, headers=told)


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


def sendgrid(body: bytes, at: str = NOW) -> dict[str, str]:
    signed = b64encode(KEY.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
    return {SENDGRID: signed, SENDGRID_TIME: at}


def of_mailgun(key: str = MAILGUN, at: str = NOW, address: str = ANNA) -> bytes:
    signed = {"timestamp": at, "token": "t" * 50, "signature": mailgun(key, at, "t" * 50)}
    event = {"event": "unsubscribed", "recipient": address, "timestamp": T0 / 1000}
    return json.dumps({"signature": signed, "event-data": event}).encode()


async def heard(edge: Asker) -> list[tuple[str, str]]:
    told = [(kind, json.loads(data)) for kind, data in await edge.logged()]
    return [(one["vid"], one.get("why") or one["outcome"]) for _, one in told]


async def wrong_tries(edge: Asker) -> float:
    told = (await edge.http.get("/metrics")).text
    found = re.search(r'^heimta_requests_refused_total.reason="bad_signature". (.*)$', told, re.MULTILINE)
    return float(found[1]) if found else 0


async def test_each_is_heard_by_its_own_signature(hooked: Asker) -> None:
    for answer in (
        await tell(hooked, POSTMARK, authorization=basic(LOGIN)),
        await tell(hooked, EVENTS, **sendgrid(EVENTS)),
        await tell(hooked, of_mailgun()),
    ):
        assert (answer.status_code, answer.json()) == (200, {"ok": 1, "found": 1})
    assert sorted(await heard(hooked)) == [(HUB, "complaint"), (HUB, "gone"), (HUB, "provider")]


async def test_a_signature_of_mailguns_says_one_thing_alone(hooked: Asker) -> None:
    for address, found in ((ANNA, 1), (ANNA, 0), ("bo@mail.example", 0)):
        answer = await tell(hooked, of_mailgun(address=address))
        assert (answer.status_code, answer.json()) == (200, {"ok": 1, "found": found})
    assert await heard(hooked) == [(HUB, "provider")]


async def test_what_was_not_stored_may_be_told_by_the_same_signature_again(hooked: Asker) -> None:
    await hooked.redis.config_set("maxmemory", "1mb")
    assert (await tell(hooked, of_mailgun())).status_code == 503
    await hooked.redis.config_set("maxmemory", "0")
    async with asyncio.timeout(30):
        while (answer := await tell(hooked, of_mailgun())).status_code != 200:
            await asyncio.sleep(0.02)
    assert answer.json()["found"] == 1 and await heard(hooked) == [(HUB, "provider")]


async def test_a_great_many_at_once_are_heard_a_part_at_a_time(
    hooked: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heimta.ingest.commit.QUEUE", PART)
    monkeypatch.setattr("heimta.ingest.commit.GROUP", 8)
    many = [{"email": f"anna{number}@mail.example", "event": "spamreport"} for number in range(5 * PART)]
    body = json.dumps(many).encode()
    answer = await tell(hooked, body, **sendgrid(body))
    assert (answer.status_code, answer.json()) == (200, {"ok": 1, "found": 5 * PART})
    assert len({hub for hub, _ in await heard(hooked)}) == 5 * PART


async def test_who_does_not_sign_is_asked_to_and_changes_nothing(hooked: Asker) -> None:
    old = str(T0 // 1000 - OLDEST_S - 1)
    refused = [
        await tell(hooked, POSTMARK),
        await tell(hooked, POSTMARK, authorization=basic("mail:another word")),
        await tell(hooked, POSTMARK, "nobody", authorization=basic(LOGIN)),
        await tell(hooked, POSTMARK, authorization=f"Bearer {basic(LOGIN)[6:]}"),
        await tell(hooked, EVENTS + b" ", **sendgrid(EVENTS)),
        await tell(hooked, EVENTS, **sendgrid(EVENTS, old)),
        await tell(hooked, EVENTS, **{**sendgrid(EVENTS), SENDGRID: "AAAA"}),
        await tell(hooked, of_mailgun("another")),
        await tell(hooked, of_mailgun(PUBLIC)),  # a public key is no shared one
        await tell(hooked, of_mailgun(at=old)),
    ]
    assert {answer.status_code for answer in refused} == {401}
    assert await wrong_tries(hooked) == len(refused) - 1  # the first showed nothing
    assert refused[0].headers["www-authenticate"].startswith("Basic ")  # Amazon SNS logs in when asked
    assert await hooked.logged() == []


@pytest.mark.parametrize(
    "path", ["bounces", "generic", "coupon/A", "sms", "messenger", "shopify", "woocommerce", "products"]
)
async def test_every_hook_counts_who_signs_wrong(edge: Asker, path: str) -> None:
    ask = edge.http.get if path.startswith("coupon") else edge.http.post
    assert (await ask(f"/hooks/demo/{path}", headers={"heimta-signature": "t=1,v1=00"})).status_code == 401
    assert await wrong_tries(edge) == 1


async def test_a_shop_without_secrets_believes_nobody(edge: Asker) -> None:
    for answer in (
        await tell(edge, POSTMARK, authorization=basic(":")),
        await tell(edge, POSTMARK, authorization=basic("")),
        await tell(edge, EVENTS, **sendgrid(EVENTS)),
        await tell(edge, of_mailgun("")),
    ):
        assert answer.status_code == 401


async def test_a_strangers_body_is_not_decoded(edge: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(body: bytes) -> None:
        raise AssertionError(f"{len(body)} bytes of a stranger's were decoded")

    for name in ("mailgun_signature", "read_mailgun", "read_sendgrid", "read_login"):
        monkeypatch.setattr(f"heimta.edge.bounces.{name}", never)
    for shop in ("demo", "nobody"):  # the one has no secret that a provider would know
        for body in (POSTMARK, b"["):
            assert (await tell(edge, body, shop, authorization=basic(LOGIN))).status_code == 401
    await secrets.set_provider(edge.redis, "demo", "mail_login", LOGIN)
    await edge.shops.refresh()
    assert (await tell(edge, b"[", authorization=basic("mail:another word"))).status_code == 401


@pytest.mark.parametrize("body", [b"{", b"[[", b'{"a": "\xff"}', b"{}" + b" " * 300_000])
async def test_what_cannot_be_read_is_refused(hooked: Asker, body: bytes) -> None:
    assert (await tell(hooked, body, authorization=basic(LOGIN))).status_code in (400, 413)


async def test_amazons_question_is_answered_by_a_person(
    hooked: Asker, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336"
    for asked in (url, "https://evil.example/?sns.eu-central-1.amazonaws.com/"):
        body = json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": asked}).encode()
        answer = await tell(hooked, body, authorization=basic(LOGIN))
        assert (answer.status_code, answer.json()) == (200, {"ok": 1, "found": 0})
    said = capsys.readouterr().out
    assert url in said and "evil" not in said and await hooked.logged() == []
