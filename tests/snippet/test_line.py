"""The line of `make deliver` does to requests what it says: late, cold, ill, and written down."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from loadtest.deliver.line import Line

RTT_S = 0.05
BATCH = {"vid": "v", "src": "s", "ev": [{"n": 0, "t": "product_viewed", "p": {"sku": "hat"}}]}


@pytest.fixture
async def edge() -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        return web.json_response({"ok": len(json.loads(await request.text())["ev"])})

    app = web.Application()
    app.add_routes([web.post("/s/demo", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def line(edge: str, tmp_path: Path) -> AsyncIterator[Line]:
    line = Line(edge, RTT_S)
    await line.start(tmp_path)
    yield line
    await line.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as http:
        yield http


async def post(http: aiohttp.ClientSession, line: Line) -> tuple[int, str]:
    async with http.post(f"{line.url}/s/demo", data=json.dumps(BATCH), headers={"Origin": "x"}) as answer:
        return answer.status, answer.headers.get("Retry-After", "")


async def test_every_request_pays_for_a_connection_of_its_own(line: Line, http: aiohttp.ClientSession):
    for _ in range(2):
        began = time.monotonic()
        assert await post(http, line) == (200, "")
        assert time.monotonic() - began >= 3 * RTT_S


async def test_what_arrives_is_written_down_and_copies_are_counted(line: Line, http: aiohttp.ClientSession):
    assert not await line.has({"hat"}, 0.01)
    await post(http, line)
    await post(http, line)
    assert await line.has({"hat"}, 10)
    assert line.told.names == {("v", "s", 0): "product_viewed"}
    assert line.told.acked == {("v", "s", 0)}
    assert (line.marks["hat"], line.copies, line.methods["POST"]) == (2, 1, 2)


async def test_a_busy_edge_says_when_to_come_back(line: Line, http: aiohttp.ClientSession):
    await line.be("busy")
    status, retry_after = await post(http, line)
    assert status == 503
    assert int(retry_after) > 0
    assert line.marks == {}


async def test_an_edge_that_cuts_off_and_one_that_is_silent_take_nothing(
    line: Line, http: aiohttp.ClientSession
):
    await line.be("cut")
    with pytest.raises(aiohttp.ClientError):
        await post(http, line)
    await line.be("silent")
    asked = asyncio.create_task(post(http, line))
    done, _ = await asyncio.wait([asked], timeout=0.5)
    assert not done
    await line.be("well")
    with pytest.raises(aiohttp.ClientError):
        await asked
    assert line.told.names == {}
