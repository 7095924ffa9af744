"""`POST /s/{shop}`: what is taken, what is refused and why; and that a taken batch is in the log."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from heimta.ingest.commit import GroupCommit, Unavailable
from heimta.ingest.entry import Entry
from heimta.model.campaign import Variant
from heimta.model.contents import PopupContent
from heimta.store import documents
from tests.edge.conftest import Asker
from tests.worker.shop import CAMPAIGN, T0, batch, cart

GOOD = batch(("page_viewed", T0, {}), ("cart_updated", T0, {"cart": cart(500)}))


async def test_a_taken_batch_is_in_the_log_as_it_came(edge: Asker) -> None:
    answer = await edge.post("/s/demo", GOOD, user_agent="Browser/1")
    assert (answer.status_code, answer.json()) == (200, {"ok": 2})
    assert await edge.logged() == [("batch", GOOD)]
    assert answer.headers["access-control-allow-origin"] == "http://localhost:1"
    assert "access-control-allow-credentials" not in answer.headers


async def test_many_at_once_are_all_there(edge: Asker) -> None:
    bodies = [batch(("page_viewed", T0, {}), src=f"source{i:05d}") for i in range(300)]
    answers = await asyncio.gather(*(edge.post("/s/demo", body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(data for _, data in await edge.logged()) == sorted(bodies)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (("hack", T0, {}), "unknown_event"),
        (("page_viewed", T0 - 25 * 3600 * 1000, {}), "bad_age"),
        (("cart_updated", T0, {}), "bad_props"),
        (("cart_updated", T0, {"cart": {**cart(5), "total_minor": -1}}), "bad_props"),
        (("cart_updated", T0, {"cart": {**cart(5), "currency": "euro"}}), "bad_props"),
        (("campaign_exposed", T0, {"campaign": "x:y", "arm": "a", "p": 1}), "bad_props"),
    ],
    ids=str,
)
async def test_a_bad_event_is_dropped_with_its_reason_and_the_rest_is_kept(
    edge: Asker, event: tuple[str, int, dict[str, object]], reason: str
) -> None:
    answer = await edge.post("/s/demo", batch(event, ("page_viewed", T0, {}), sent=T0))
    assert answer.status_code == 200
    assert answer.json()["ok"] == 1
    [[number, told, _]] = answer.json()["drop"]
    assert (number, told) == (0, reason)


DEEP = b'{"v":1,"vid":"' + b"v" * 22 + b'","sid":"' + b"i" * 11 + b'","src":"' + b"s" * 11
DEEP += b'","sent":1,"ev":[{"n":0,"t":"page_viewed","at":1,"p":' + b"[" * 3000 + b"]" * 3000 + b"}]}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_batch"),
        (b"{", 400, "bad_batch"),
        (b"[]", 400, "bad_batch"),
        (b"null", 400, "bad_batch"),
        (b"\xff\xfe", 400, "bad_batch"),
        (b'{"v": NaN}', 400, "bad_batch"),
        (b'{"v": 1e400}', 400, "bad_batch"),
        (b'{"v": ' + b"9" * 5000 + b"}", 400, "bad_batch"),
        (GOOD.replace(b'"v": 1', b'"v": 2'), 400, "bad_batch"),
        (GOOD.replace(b"vvvvvv", b"vv{}:*"), 400, "bad_batch"),
        (GOOD.replace(b'"sid": "', b'"sid": ":').replace(b"iiii", b"iii", 1), 400, "bad_batch"),
        (GOOD.replace(b"sssss", b"ss\\ns", 1), 400, "bad_batch"),
        (GOOD.replace(b"vvvvvv", b"\\ud800"), 400, "bad_batch"),
        (b" " * 65_537, 413, "too_large"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_no_batch_is_refused_and_never_logged(
    edge: Asker, body: bytes, status: int, code: str
) -> None:
    answer = await edge.post("/s/demo", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert await edge.logged() == []


async def test_deep_nesting_is_dropped_not_raised(edge: Asker) -> None:
    answer = await edge.post("/s/demo", DEEP.replace(b'"sent":1', b'"sent":2'))
    assert answer.status_code in (200, 400)
    assert await edge.logged() == []


async def test_a_foreign_origin_is_refused(edge: Asker) -> None:
    answer = await edge.post("/s/demo", GOOD, origin="http://localhost:1.evil.example")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_origin")
    assert "access-control-allow-origin" not in answer.headers


async def test_an_unknown_shop_is_told_so(edge: Asker) -> None:
    assert (await edge.post("/s/other", GOOD)).status_code == 404


async def test_the_snippet_carries_the_config_and_nothing_secret(edge: Asker) -> None:
    answer = await edge.http.get("/s/demo.js", headers={"accept-encoding": "identity"})
    config = json.loads(answer.text.partition(",")[2].removesuffix(")"))
    assert config["shop"] == "demo"
    assert [campaign["id"] for campaign in config["campaigns"]] == ["exit-offer"]
    assert config["campaigns"][0]["holdout"] == 5000
    assert config["widgets"] == {"popup": ["/w/popup.0123456789ab.js", "sha384-popup"]}
    for secret in ("hook-secret", "s" * 43, "prefix", "goal_days"):
        assert secret not in answer.text


async def test_no_text_of_a_document_can_end_a_script(edge: Asker) -> None:
    nasty = PopupContent("</script><script>alert(1)//\u2028")
    campaign = msgspec.structs.replace(CAMPAIGN, variants=(Variant("a", nasty),))
    await documents.put(edge.redis, campaign, now=T0)
    await edge.shops.refresh()
    answer = await edge.http.get("/s/demo.js", headers={"accept-encoding": "identity"})
    assert "alert(1)" in answer.text
    assert "<" not in answer.text


async def test_an_unchanged_snippet_is_not_sent_again(edge: Asker) -> None:
    first = await edge.http.get("/s/demo.js")
    again = await edge.http.get("/s/demo.js", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)


class BrokenLog:
    async def append(self, entries: list[Entry]) -> None:
        raise ConnectionError("refused")

    async def insist(self, entries: list[Entry]) -> None:
        raise AssertionError("only where memory is full")

    async def probe(self) -> None:
        raise ConnectionError("refused")


async def test_when_the_log_is_away_everyone_who_waits_is_told() -> None:
    commit = GroupCommit(BrokenLog())
    commit.start()
    entry = Entry(0, "demo", "batch", T0, b"{}")
    results = await asyncio.gather(*(commit.append(entry) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    await commit.stop()
