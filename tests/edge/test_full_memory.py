"""Where the store's memory is full, what ends messages is taken all the same: signed orders and stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from heimta.store import keys, proofs, psids
from tests.edge.conftest import Asker
from tests.edge.test_inbound import HUB, PSID, consents, hear, hooked, text
from tests.edge.test_preferences import FORM, LINK
from tests.worker.shop import T0, VISITOR, batch, order

__all__ = ["hooked"]  # a fixture


@pytest.fixture
async def full(hooked: Asker) -> AsyncIterator[Asker]:
    await psids.link(hooked.redis, "demo", PSID, VISITOR, 4, at=T0)
    await hooked.redis.config_set("maxmemory", "1mb")
    yield hooked
    await hooked.redis.config_set("maxmemory", "0")


async def test_events_are_refused_and_orders_are_taken(full: Asker) -> None:
    events = batch(("page_viewed", T0, {}))
    assert (await full.post("/s/demo", events)).status_code == 503
    body = order("o-1", 500, T0)
    for _ in range(2):  # whichever finds out that memory is full
        assert (await full.hook("/hooks/demo/generic", body)).status_code == 200
    assert await full.logged() == [("order", body)] * 2


async def test_many_at_once_are_taken(full: Asker) -> None:
    bodies = [order(f"o-{number}", 500, T0) for number in range(20)]
    told = await asyncio.gather(*(full.hook("/hooks/demo/generic", body) for body in bodies))
    assert {answer.status_code for answer in told} == {200}
    assert sorted(data for _, data in await full.logged()) == sorted(bodies)


async def test_a_stop_by_the_link_in_a_message_is_taken_and_proven(full: Asker) -> None:
    assert (await full.http.post(LINK, content=b"List-Unsubscribe=One-Click")).status_code == 200
    assert [json.loads(data)["stop"] for _, data in await full.logged()] == [True]
    home = keys.partition_of("demo", VISITOR, 4)
    assert [proof.what for proof in await proofs.of(full.redis, "demo", home, VISITOR)] == ["stop"]


async def test_stop_words_are_taken_and_start_words_are_not(full: Asker) -> None:
    assert (await text(full, "STOP")).status_code == 200
    assert (await hear(full, {"message": {"text": "stop"}})).status_code == 200
    no = [(HUB, "sms", False, "stop_word"), (VISITOR, "messenger", False, "stop_word")]
    assert sorted(await consents(full)) == sorted(no)
    assert (await text(full, "START", MessageSid="SM2")).status_code == 503
    assert (await full.http.post(LINK, content=json.dumps(FORM).encode())).status_code == 400
    assert sorted(await consents(full)) == sorted(no)


async def test_all_is_taken_again_when_there_is_memory(full: Asker) -> None:
    assert (await full.hook("/hooks/demo/generic", order("o-1", 500, T0))).status_code == 200
    await full.redis.config_set("maxmemory", "0")
    async with asyncio.timeout(30):
        while (await full.http.post(LINK, content=b"act=save&pace=less")).status_code != 200:
            await asyncio.sleep(0.02)
