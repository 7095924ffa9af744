"""The live view tells what a browser sent again once, as the counters count it once."""

from __future__ import annotations

from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW, batch, cart, install, log


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
