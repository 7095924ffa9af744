"""What a shop's snippet says of days to come is made new each day, and otherwise left alone."""

from __future__ import annotations

import json

from msgspec.structs import replace

from heimta.model.campaign import Variant
from heimta.model.contents import CheckoutContent
from heimta.model.contents.checkout import Delivery
from heimta.store import documents
from tests.edge.conftest import Asker
from tests.worker.shop import CAMPAIGN, T0

DAY_MS = 86_400_000


async def first_day(edge: Asker) -> int:
    """Of the calendar in the snippet, days since 1970."""
    answer = await edge.http.get("/s/demo.js", headers={"accept-encoding": "identity"})
    config = json.loads(answer.text.partition(",")[2].removesuffix(")"))
    [variant] = config["campaigns"][0]["variants"]
    start: int = variant["content"]["delivery"]["start"]
    return start


async def test_the_days_of_delivery_move_on_with_the_day(edge: Asker) -> None:
    promise = Variant("a", CheckoutContent(delivery=Delivery(cut_off="15:00")))
    dated = replace(CAMPAIGN, live=True, variants=(promise,), offer=None)
    await documents.put(edge.redis, dated, now=T0)
    await edge.shops.refresh()
    day = edge.now // DAY_MS
    assert await first_day(edge) == day - 1
    known = edge.shops.get("demo")
    edge.now = (day + 1) * DAY_MS - 1
    await edge.shops.refresh()
    assert edge.shops.get("demo") is known, "on the same day nothing is compiled again"
    edge.now += 1
    await edge.shops.refresh()
    assert await first_day(edge) == day


async def test_a_shop_without_dates_is_left_alone(edge: Asker) -> None:
    known = edge.shops.get("demo")
    edge.now += 3 * DAY_MS
    await edge.shops.refresh()
    assert edge.shops.get("demo") is known
