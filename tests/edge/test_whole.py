"""A batch that is taken whole and the same batch by the ordinary way: one answer, one entry in the log."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from msgspec.structs import replace
from redis.exceptions import ConnectionError as RedisConnectionError
from starlette.responses import Response
from starlette.types import ASGIApp

from heimta.edge.app import EdgeApp
from heimta.edge.ingest import Ingest
from heimta.model.event import MAX_BODY, MAX_EVENTS
from heimta.store import documents
from heimta.store.log import DirectLog
from tests.edge.conftest import ORIGIN, Asker
from tests.worker.shop import SHOP, T0, batch, cart

GOOD = batch(("page_viewed", T0, {}), ("cart_updated", T0, {"cart": cart(500)}))
TAKEN = {
    "a batch": GOOD,
    "a full one": batch(*[("page_viewed", T0, {})] * MAX_EVENTS),
    "one with words of all kinds": batch(("page_viewed", T0, {"ref": "käse/\u2028/😀"})),
    "a preview": batch(("page_viewed", T0, {}), preview=True),
    "as many bytes as allowed": GOOD.ljust(MAX_BODY),
}
LEFT = {
    "an empty body": b"",
    "no JSON": b"{",
    "a batch too many": batch(*[("page_viewed", T0, {})] * (MAX_EVENTS + 1)),
    "one bad event of two": batch(("hack", T0, {}), ("page_viewed", T0, {})),
    "bad ids": GOOD.replace(b"vvvvvv", b"vv{}:*"),
    "more bytes than allowed": GOOD.ljust(MAX_BODY + 1),
}


class Given:
    """A request as serving/exchange.py gives it, and what was made of it."""

    def __init__(self, body: bytes, path: str = "/s/demo", is_slow: bool = False, **headers: str) -> None:
        self.path = path
        self.body = body
        named = {"origin": ORIGIN, "user_agent": "Browser/1", **headers}
        self.headers = {name.replace("_", "-").encode(): value.encode() for name, value in named.items()}
        self.is_slow = is_slow
        self.replied: list[tuple[int, bytes, bytes]] = []
        self.passed_on: list[ASGIApp] = []
        self.is_hung_up = False

    def reply(self, status: int, head: bytes, body: bytes) -> bool:
        if self.is_slow:
            return False
        self.replied.append((status, head, body))
        return True

    def pass_on(self, app: ASGIApp) -> None:
        self.passed_on.append(app)

    def hang_up(self) -> None:
        self.is_hung_up = True

    async def answered(self) -> None:
        async with asyncio.timeout(30):
            while not (self.replied or self.passed_on or self.is_hung_up):
                await asyncio.sleep(0.005)


def ingest(edge: Asker) -> Ingest:
    assert isinstance(edge.app, EdgeApp)
    return edge.app.whole


@pytest.mark.parametrize("name", TAKEN)
async def test_taken_whole_it_is_answered_and_logged_as_by_the_ordinary_way(edge: Asker, name: str) -> None:
    given = Given(TAKEN[name])
    assert ingest(edge).take(given)
    assert given.replied == [], "not before it is durable"
    await given.answered()
    [(status, head, body)] = given.replied
    ordinary = await edge.post("/s/demo", TAKEN[name], user_agent="Browser/1")
    assert (status, body) == (ordinary.status_code, ordinary.content)
    named = dict(line.split(": ", 1) for line in head.decode().splitlines())
    assert named == dict(ordinary.headers)
    first, second = await edge.logged()
    assert first == second == ("batch", TAKEN[name])


@pytest.mark.parametrize("name", LEFT)
async def test_what_is_not_quite_right_is_left_alone(edge: Asker, name: str) -> None:
    given = Given(LEFT[name])
    assert not ingest(edge).take(given)
    await asyncio.sleep(0.02)
    assert (given.replied, given.passed_on, await edge.logged()) == ([], [], [])


@pytest.mark.parametrize(
    "told",
    [{"origin": "https://evil.example"}, {"path": "/s/other"}, {"content_encoding": "gzip"}],
    ids=str,
)
async def test_who_is_not_known_is_left_to_the_door(edge: Asker, told: dict[str, Any]) -> None:
    assert not ingest(edge).take(Given(GOOD, **told))
    assert await edge.logged() == []


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("POST", "/s/demo", True),
        ("GET", "/s/demo", False),
        ("POST", "/s/", False),
        ("POST", "/s/demo/claim", False),
        ("POST", "/s", False),
        ("POST", "//s/demo", False),
    ],
)
async def test_only_the_address_of_events_is_wanted(
    edge: Asker, method: str, path: str, wanted: bool
) -> None:
    assert ingest(edge).wants({"method": method, "path": path}) is wanted


async def test_a_shops_own_path_is_taken_too(edge: Asker) -> None:
    await documents.put(edge.redis, replace(SHOP, own_path="/assets/k7"), now=T0)
    await edge.shops.refresh()
    assert ingest(edge).wants({"method": "POST", "path": "/assets/k7"})
    assert not ingest(edge).wants({"method": "POST", "path": "/assets/k7/claim"})
    given = Given(GOOD, path="/assets/k7")
    assert ingest(edge).take(given)
    await given.answered()
    ordinary = await edge.post("/assets/k7", GOOD)
    assert given.replied[0][2] == ordinary.content
    assert await edge.logged() == [("batch", GOOD), ("batch", GOOD)]


@pytest.mark.parametrize(
    "events", [("page_viewed", {}), ("consent_changed", {"analytics": False, "marketing": False})]
)
async def test_a_cookie_is_set_the_same_way(edge: Asker, events: tuple[str, dict[str, Any]]) -> None:
    await documents.put(edge.redis, replace(SHOP, cookie_domain="shop.example"), now=T0)
    await edge.shops.refresh()
    body = batch((events[0], T0, events[1]))
    given = Given(body)
    assert ingest(edge).take(given)
    await given.answered()
    [(status, head, told)] = given.replied
    ordinary = await edge.post("/s/demo", body)
    assert (status, told) == (ordinary.status_code, ordinary.content)
    named = dict(line.split(": ", 1) for line in head.decode().splitlines())
    assert named == dict(ordinary.headers) and named["access-control-allow-credentials"] == "true"
    assert "heimta_v=" in named["set-cookie"]


async def test_where_no_answer_can_be_written_now_a_response_is_passed_on(edge: Asker) -> None:
    given = Given(GOOD, is_slow=True)
    assert ingest(edge).take(given)
    await given.answered()
    [app] = given.passed_on
    assert isinstance(app, Response) and json.loads(bytes(app.body)) == {"ok": 2}


async def test_a_group_that_is_not_durable_is_refused_and_the_next_left_alone(
    edge: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(self: DirectLog, *command: object) -> None:
        raise RedisConnectionError("refused")

    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(DirectLog, "_run", away)
    given = Given(GOOD)
    assert ingest(edge).take(given)
    await given.answered()
    [(status, head, _)] = given.replied
    assert status == 503 and b"retry-after: 5\r\n" in head
    assert b"access-control-allow-origin: " + ORIGIN.encode() + b"\r\n" in head
    assert not ingest(edge).take(Given(GOOD)), "known to be away: the ordinary way says so"


async def test_a_bug_in_answering_hangs_up_and_nobody_waits_for_ever(
    edge: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ingest, "_whole", lambda self, origin, taken: 1 // 0)
    broken = Given(GOOD)
    assert ingest(edge).take(broken)
    await broken.answered()
    assert broken.is_hung_up and broken.replied == []
    assert await edge.logged() == [("batch", GOOD)]
