"""A short `make dos`: what sends next to nothing is closed in time, and others are answered meanwhile."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from heimta.serving.limits import Limits
from loadtest.hostile.slow import STARTS, hold
from tests.hostile.raw import served, wire

EACH = 100
QUICK = Limits(head=1.0, request=2.0, sweep=0.1)
LATE_S = 10.0  # that a busy machine may take longer; the bar itself is `make dos`'s
PACE_S = 0.01
FEWEST = 10  # answers in two seconds: nobody was shut out; how fast is what `make dos` measures


async def take(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body, says 200."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


async def test_what_sends_next_to_nothing_is_closed_while_others_are_served() -> None:
    async with served(take, QUICK) as port, wire(port) as client:
        holding = asyncio.create_task(hold(port, 30.0, EACH, list(STARTS)))
        answers = 0
        while not holding.done():
            await client.send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            assert await client.answer() == (200, b"ok")
            answers += 1
            await asyncio.sleep(PACE_S)
        lives = await holding
    assert answers >= FEWEST
    for kind, deadline in {"silent": QUICK.head, "heads": QUICK.head, "bodies": QUICK.request}.items():
        assert len(lives[kind]) == EACH
        assert deadline - 2 * QUICK.sweep <= min(lives[kind])
        assert max(lives[kind]) <= deadline + LATE_S, kind
