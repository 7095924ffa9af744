"""What fills the store is asked to come back: by bytes a shop and minute, the same by both ways in."""

from __future__ import annotations

import json
import logging

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from heimta.edge.asked import BESIDE
from heimta.edge.budget import Budget, wait_s
from heimta.edge.preferences import WHERE
from heimta.rules.tokens import make_preferences
from heimta.store import keys, proofs
from heimta.store.log import DirectLog
from tests.edge.conftest import ORIGIN, Asker
from tests.edge.test_whole import GOOD, Given, ingest
from tests.worker.shop import T0, batch

MINUTE_MS = 60_000
START = T0 - T0 % MINUTE_MS
# One good event, and what nobody asked for: it is stored as it came.
FAT = json.dumps(json.loads(batch(("page_viewed", T0, {}))) | {"ignored": "a" * 63_000}).encode()


def budget(edge: Asker) -> Budget:
    found = edge.app.state.edge.budget
    assert isinstance(found, Budget)
    return found


async def test_bodies_that_fill_the_store_are_refused_until_the_minute_ends(edge: Asker) -> None:
    budget(edge).most = 3 * len(FAT)
    edge.now = START + 45_500
    for _ in range(3):
        assert (await edge.post("/s/demo", FAT)).status_code == 200
    for body in (FAT, GOOD):
        refused = await edge.post("/s/demo", body)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
        assert refused.headers["access-control-allow-origin"] == ORIGIN
        assert refused.json()["error"]["code"] == "too_much"
        assert not ingest(edge).take(Given(body)), "the ordinary way says so"
    assert len(await edge.logged()) == 3
    told = (await edge.http.get("/metrics")).text
    assert 'heimta_requests_refused_total{reason="too_much"} 2.0' in told
    edge.now = START + MINUTE_MS
    assert (await edge.post("/s/demo", GOOD)).status_code == 200


async def test_what_is_taken_whole_counts_as_much(edge: Asker) -> None:
    budget(edge).most = 2 * len(GOOD)
    edge.now = START
    first = Given(GOOD)
    assert ingest(edge).take(first)
    await first.answered()
    assert (await edge.post("/s/demo", GOOD)).status_code == 200
    assert not ingest(edge).take(Given(GOOD))
    assert (await edge.post("/s/demo", GOOD)).status_code == 429


async def test_what_is_not_stored_costs_nothing(
    edge: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(self: DirectLog, *command: object) -> None:
        raise RedisConnectionError("refused")

    caplog.set_level(logging.CRITICAL)
    budget(edge).most = 2 * len(GOOD)
    edge.now = START
    with monkeypatch.context() as while_away:
        while_away.setattr(DirectLog, "_run", away)
        for _ in range(5):
            assert (await edge.post("/s/demo", GOOD)).status_code == 503
            assert not ingest(edge).take(Given(GOOD))
    assert (await edge.post("/s/demo", batch(("hack", T0, {})))).json()["ok"] == 0
    assert budget(edge).take("demo", 2 * len(GOOD), START)


OF_OTHERS = "{:0>22}"
ALL: dict[str, object] = {"act": "save", "topic": ["cart", "offers", "stock", "news"], "pace": "normal"}
PUSH = {"subscription": None, "said": ["c", 1, "a", "de", "/" + "x" * 900]}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/s/demo/push", PUSH),
        ("/s/demo/preferences", {"act": "stop"}),
        ("/s/demo/claim", {"campaign": "exit-offer"}),
    ],
)
async def test_visitors_that_a_script_makes_up_fill_no_store_by_what_they_ask(
    edge: Asker, path: str, said: dict[str, object]
) -> None:
    """A proof is kept for three years, of whoever comes along; events had a budget, and this had none."""
    edge.now = START
    budget(edge).most = 3 * (len(json.dumps(said | {"vid": OF_OTHERS.format(0)})) + BESIDE)
    answers = [await edge.post(path, said | {"vid": OF_OTHERS.format(n)}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "60" and answers[-1].headers["access-control-allow-origin"]
    assert len(await edge.logged()) == 3
    assert len([key async for key in edge.redis.scan_iter(match="{p*}:proof:*")]) == (
        0 if "claim" in path else 3
    )
    assert (await edge.post("/s/demo", GOOD)).status_code == 200, "events have a budget of their own"
    edge.now = START + MINUTE_MS
    assert (await edge.post(path, said | {"vid": OF_OTHERS.format(4)})).status_code == 200


async def test_a_flood_of_events_keeps_nobody_from_saying_no(edge: Asker) -> None:
    budget(edge).most = 3 * len(FAT)
    edge.now = START
    assert [(await edge.post("/s/demo", FAT)).status_code for _ in range(4)] == [200, 200, 200, 429]
    no = {"vid": OF_OTHERS.format(0), "act": "stop"}
    assert (await edge.post("/s/demo/preferences", no)).status_code == 200
    link = f"/u/{make_preferences('s' * 43, 'demo', OF_OTHERS.format(0))}"
    budget(edge).most = 0
    assert (await edge.post("/s/demo/preferences", no)).status_code == 429
    assert (await edge.http.post(link, content="act=stop")).status_code == 200, "a message's link always"


async def test_a_flood_of_claims_and_subscriptions_keeps_nobody_from_saying_no(edge: Asker) -> None:
    edge.now = START
    no: dict[str, dict[str, object]] = {"/s/demo/push": {"subscription": None}}
    for name, said in (("stop", {"act": "stop"}), ("less", {"act": "save", "pace": "less"})):
        no[f"/s/demo/preferences?{name}"] = said
    budget(edge).most = 6 * 600
    for path, said in (("/s/demo/claim", {"campaign": "exit-offer"}), ("/s/demo/preferences", ALL)):
        while (await edge.post(path, said | {"vid": OF_OTHERS.format(1)})).status_code == 200:
            pass
    for path, said in no.items():
        assert (await edge.post(path, said | {"vid": OF_OTHERS.format(2)})).status_code == 200, path


async def test_a_flood_of_events_keeps_nobody_from_withdrawing_consent(edge: Asker) -> None:
    edge.now = START
    budget(edge).most = 2 * len(FAT)
    while (await edge.post("/s/demo", FAT)).status_code == 200:
        pass
    no = batch(("page_viewed", T0, {}), ("consent_changed", T0, {"analytics": True, "marketing": False}))
    yes = batch(("consent_changed", T0, {"analytics": True, "marketing": True}))
    bad = batch(("page_viewed", T0, {}), ("consent_changed", T0, {"analytics": 1}))
    answers = [(await edge.post("/s/demo", body)).status_code for body in (no, yes, bad, GOOD)]
    assert answers == [200, 429, 429, 429]
    budget(edge).most = len(no) + 1
    assert (await edge.post("/s/demo", no)).status_code == 429, "they have a budget too"


async def test_a_proof_keeps_no_more_of_a_page_than_says_where_it_was(edge: Asker) -> None:
    vid = OF_OTHERS.format(0)
    assert (await edge.post("/s/demo/push", PUSH | {"vid": vid})).status_code == 200
    home = keys.partition_of("demo", vid, 4)
    assert [len(proof.where) for proof in await proofs.of(edge.redis, "demo", home, vid)] == [WHERE]


def test_a_shop_spends_its_own() -> None:
    both = Budget(100)
    assert both.take("a", 100, START) and not both.take("a", 1, START + MINUTE_MS - 1)
    assert both.take("b", 100, START + MINUTE_MS - 1)
    assert both.take("a", 100, START + MINUTE_MS)
    both.give_back("a", 60)
    assert both.take("a", 60, START + MINUTE_MS) and not both.take("a", 1, START + MINUTE_MS)
    assert not both.take("c", 101, START + MINUTE_MS)


@pytest.mark.parametrize(("into_ms", "wait"), [(0, 60), (1, 60), (1000, 59), (59_001, 1), (59_999, 1)])
def test_one_comes_back_when_the_next_minute_has_begun(into_ms: int, wait: int) -> None:
    assert wait_s(START + into_ms) == wait
