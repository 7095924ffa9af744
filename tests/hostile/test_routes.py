"""What every route with a body does alike: nothing is unpacked, and a request that breaks off is no error."""

from __future__ import annotations

import zlib

import pytest
from starlette.types import Message

from tests.edge.conftest import Asker
from tests.hostile.replay import ROUTES


@pytest.mark.parametrize("route", ROUTES)
async def test_a_packed_body_is_refused_unread(edge: Asker, route: str) -> None:
    bomb = zlib.compress(bytes(10_000_000))
    answer = await edge.post(ROUTES[route], bomb, content_encoding="deflate")
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "encoded"


@pytest.mark.parametrize("route", ROUTES)
async def test_a_request_that_breaks_off_ends_quietly(
    edge: Asker, route: str, capsys: pytest.CaptureFixture[str]
) -> None:
    coming: list[Message] = [
        {"type": "http.request", "body": b'{"v":1', "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        **{"type": "http", "method": "POST", "path": ROUTES[route], "raw_path": ROUTES[route].encode()},
        **{"query_string": b"", "headers": [], "root_path": "", "scheme": "http", "http_version": "1.1"},
        **{"server": ("edge", 80), "client": ("127.0.0.1", 1)},
    }

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        assert message.get("status", 400) < 500

    await edge.app(scope, receive, send)
    assert not coming
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    assert await edge.logged() == []
