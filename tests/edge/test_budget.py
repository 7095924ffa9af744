"""What fills the store is asked to come back: by bytes a shop and minute, the same by both ways in."""

from __future__ import annotations

import json
import logging

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from heimta.edge.budget import Budget, wait_s
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
