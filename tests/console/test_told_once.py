"""The live view tells nothing twice: neither what was sent again, nor doubt of what the shop has told."""

from __future__ import annotations

import json
import re

from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW, VISITOR, batch, cart, install, log


async def test_what_is_sent_again_is_told_where_it_came_first(merchant: Browser, redis: Client) -> None:
    await install(redis)
    hat = ("cart_updated", cart(("hat", "Wool hat", 1, 8_990)))
    first, more = batch(("page_viewed", {}), hat), batch(("checkout_started", {}))
    await log(redis, "batch", first, at=NOW - 3_000)
    await log(redis, "batch", more, at=NOW - 2_000)
    await log(redis, "batch", first, at=NOW - 1_000, partition=1)
    page = (await merchant.get("/console/shops/demo/events")).text
    assert page.count("opened /p/hat") == page.count("put Wool hat into the cart") == 1
    assert page.index("went to the checkout") < page.index("put Wool hat into the cart")


async def test_an_order_that_the_shop_told_of_is_not_called_unconfirmed(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    order = {
        "id": "1001",
        "currency": "EUR",
        "exponent": 2,
        "total_minor": 14_301,
        "at": NOW,
        "visitor": VISITOR,
    }
    await log(redis, "order", json.dumps({"type": "order_completed", "order": order}).encode(), at=NOW - 2)
    await log(redis, "batch", batch(("order_completed", {"order": "1001"})), at=NOW - 1)
    await log(redis, "batch", batch(("order_completed", {"order": "1002"})), at=NOW)
    page = (await merchant.get("/console/shops/demo/events")).text
    assert "finished the checkout (order 1001)" in page
    assert re.search(rf'visitor={VISITOR}">Visitor a3fK…</a> ordered for 143.01', page)
    assert "finished the checkout (order 1002, not yet confirmed by the shop)" in page
