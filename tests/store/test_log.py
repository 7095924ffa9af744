"""The edge's own connection to the log: what the server does to it at night costs nobody an event."""

from __future__ import annotations

import asyncio

from heimta.ingest.entry import Entry
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.log import DirectLog

ENTRY = Entry(0, "demo", "order", 1, b"{}", b"")


async def test_the_first_order_after_the_server_hung_up_is_taken(lone: Client) -> None:
    """It was started anew, or closes what is idle (`timeout`); and WooCommerce tells an order once only."""
    log = DirectLog(lone)
    try:
        await log.append([ENTRY])
        await lone.client_kill_filter(_type="normal", skipme=True)
        async with asyncio.timeout(20):
            while not await log._line.can_read():
                await asyncio.sleep(0.01)
        await log.append([ENTRY])
    finally:
        await log.aclose()
    assert await lone.xlen(keys.log(0)) == 2
