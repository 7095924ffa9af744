"""A yes that has to be confirmed, the whole way: typed on a page, a mail by a real server, its link, a hello.

Worker and edge run side by side on a real store, over several partitions.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import httpx2
import msgspec
import pytest

from heimta.channels.webpush import WebPush
from heimta.edge.app import create_app as create_edge
from heimta.edge.bundles import Bundles
from heimta.ingest import commit
from heimta.model.journey import Journey, Send
from heimta.model.message import CONFIRM
from heimta.model.person import mailbox_names
from heimta.model.providers import Email
from heimta.model.visitor import VisitorState
from heimta.store import confirmations, documents, keys, people, secrets, why
from heimta.store.connect import Client, connect
from heimta.store.secrets import Secrets
from heimta.worker.app import create_app
from heimta.worker.carriers.all import all_carriers
from heimta.worker.loop import Worker
from tests.edge.conftest import dist as dist
from tests.stubs.smtp import MailServer
from tests.worker.people import ANNA, BEN, EVE, MAIL, hub
from tests.worker.shop import SHOP, T0, batch

PARTITIONS = 4
TO = "Anna@example.com"  # a domain has no capitals
EDGE = "https://edge.example"
AGREED = {"email": MAIL, "consent": "Write to me", "consent_version": "1", "wants": "news"}
WELCOME = Journey(
    id="welcome",
    shop="demo",
    name="Welcome",
    live=True,
    trigger="signed_up",
    holdout_pct=0,
    steps=(Send("hello", "email", title="Welcome", body="Nice to meet you."),),
)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def nothing() -> None:
    return None


@dataclass
class Town:
    """A shop, its mail server, and Heimta."""

    redis: Client
    server: MailServer
    http: httpx2.AsyncClient
    source: int = 0

    async def type_in(self, who: str, **more: str) -> None:
        self.source += 1
        told = ("visitor_identified", now_ms(), {**AGREED, **more})
        body = batch(told, vid=who, src=f"s{self.source:010d}", lang="de")
        answer = await self.http.post("/s/demo", content=body, headers={"origin": SHOP.origins[0]})
        assert answer.status_code == 200

    async def mails(self, count: int) -> list[EmailMessage]:
        """The machine may be slow: it is waited for, and not for a time."""
        async with asyncio.timeout(60):
            while len(self.server.mails) < count:
                await asyncio.sleep(0.01)
        assert len(self.server.mails) == count
        return [
            cast(EmailMessage, message_from_bytes(mail.data, policy=default)) for mail in self.server.mails
        ]

    async def until(self, who: str, holds: Callable[[VisitorState], bool]) -> VisitorState:
        async with asyncio.timeout(60):
            while True:
                state = await people.state_of(self.redis, "demo", who, PARTITIONS)
                if state is not None and holds(state):
                    return state
                await asyncio.sleep(0.01)

    async def rules(self, who: str) -> list[tuple[str, str, str]]:
        home = keys.partition_of("demo", who, PARTITIONS)
        rows = await why.of(self.redis, "demo", home, who)
        return [(row.journey, row.outcome, row.rule) for row in rows]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def asking(state: VisitorState) -> list[str]:
    """What became of the mails that asked to confirm."""
    return [one.outcome for one in state.deliveries.values() if one.journey == CONFIRM]


def path(mail: EmailMessage, way: str) -> str:
    [link] = set(re.findall(rf"{EDGE}(/{way}/[\w.-]+)", text(mail)))
    return str(link)


@pytest.fixture
async def town(
    redis: Client, store_url: str, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr(commit, "DEADLINE_S", 30.0)
    await secrets.create(redis, "demo", Secrets("w" * 43, "s" * 43, "", ""))
    async with MailServer() as server:
        email = Email("Demo <hello@shop.example>", "127.0.0.1", server.port, tls="none", imprint="Demo, Kiel")
        attention = msgspec.structs.replace(SHOP.attention, apart_h=0)
        shop = msgspec.structs.replace(SHOP, email=email, attention=attention)
        for document in (shop, WELCOME):
            await documents.put(redis, document, now=T0)
        own, other = connect(store_url), connect(store_url)
        worker = Worker(own, all_carriers(WebPush()), partitions=PARTITIONS, edge_url=EDGE, clock=now_ms)
        app = create_app(worker, probe=nothing, close=own.aclose)
        edge = create_edge(other, Bundles(dist), partitions=PARTITIONS, push_origins=(), clock=now_ms)
        transport = httpx2.ASGITransport(app=edge)
        async with (
            app.router.lifespan_context(app),
            edge.router.lifespan_context(edge),
            httpx2.AsyncClient(transport=transport, base_url="http://edge") as http,
        ):
            yield Town(redis, server, http)


async def test_who_unsubscribed_is_asked_before_she_is_written_to_again(town: Town) -> None:
    assert len({keys.partition_of("demo", who, PARTITIONS) for who in (ANNA, EVE, hub())}) > 1
    await town.type_in(ANNA, consent="", wants="")  # a customer that the shop knows
    stopped = await town.http.post("/s/demo/preferences", json={"vid": ANNA, "act": "stop"})
    assert stopped.status_code == 200
    await town.until(hub(), lambda state: state.stop_at > 0)
    await town.type_in(EVE)  # whoever that is
    [asked] = await town.mails(1)
    assert asked["To"] == TO and asked["Subject"] == "Bitte bestätige deine E-Mail-Adresse"
    assert asked["List-Unsubscribe"] is None and "Warst du das?" in text(asked) and "Kiel" in text(asked)
    assert "im Shop eingegeben" in text(asked) and "erbeten" not in text(asked)
    assert path(asked, "c") in text(asked, "html")
    assert "/r/" not in text(asked) and "/u/" not in text(asked)
    await town.until(EVE, lambda state: asking(state) == ["sent"])
    for who in (BEN, "f" * 22, "g" * 22):  # a script, from one browser after the other
        await town.type_in(who)
        await town.until(who, lambda state: asking(state) == ["skipped"])
        assert (CONFIRM, "skip", "asked already") in await town.rules(who)
    await town.mails(1)
    link = path(asked, "c")
    assert (await town.http.get(link)).status_code == 200
    state = await people.state_of(town.redis, "demo", EVE, PARTITIONS)
    assert state is not None and state.consents["email"].word_yes == (0, "", 0), "a look confirms nothing"
    done = await town.http.post(link, data={"act": "confirm"})
    assert done.status_code == 200 and "Bestätigt" in done.text
    _, welcome = await town.mails(2)
    assert welcome["Subject"] == "Welcome" and welcome["To"] == TO, "one browser's, for them all"
    state = await town.until(EVE, lambda state: state.consents["email"].word_yes[0] > 0)
    proofs = await people.proofs_of(town.redis, "demo", EVE, state, PARTITIONS)
    told = [(proof.what, proof.where, proof.text) for proof in proofs]
    assert ("asked email", "mail", "confirm-1") in told
    assert ("yes email", "confirmed", "confirm-1.de") in told
    assert ("yes email", "/", ".1: Write to me") in told


async def test_who_never_said_no_is_greeted_without_being_asked(town: Town) -> None:
    await town.type_in(ANNA)
    [welcome] = await town.mails(1)
    assert welcome["Subject"] == "Welcome" and path(welcome, "u")
    assert [rule for _, _, rule in await town.rules(ANNA) if rule] == []


async def test_a_mailbox_is_asked_once_a_day_and_three_times_in_90_days(redis: Client) -> None:
    [box] = mailbox_names("demo", "Anna+shop@example.com")
    assert [box] == [*mailbox_names("demo", "anna@example.com")]
    day = confirmations.APART_MS

    async def take(message: str, now: int) -> bool:
        return await confirmations.take(redis, "demo", box, message, partitions=PARTITIONS, now=now)

    assert await take("m-1", T0)
    assert await take("m-1", T0 + 1), "tried again it has its place"
    assert not await take("m-2", T0 + day - 1)
    assert await take("m-2", T0 + day)
    assert await take("m-3", T0 + 2 * day)
    assert not await take("m-4", T0 + 89 * day)
    assert await take("m-4", T0 + 90 * day)
    assert not await take("m-5", T0 + 90 * day + 1)
    asked = keys.asked(keys.partition_of("demo", box, PARTITIONS), "demo", box)
    assert 0 < await redis.ttl(asked) <= keys.ASKED_TTL_S
    await confirmations.forget(redis, "demo", [box], PARTITIONS)
    assert await redis.exists(asked) == 0
