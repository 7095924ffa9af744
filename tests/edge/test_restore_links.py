"""Restore links: where they lead, by each kind of shop; and what is said where they lead nowhere."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from redis.exceptions import ConnectionError as RedisConnectionError

from heimta.model.campaign import Offer
from heimta.model.documents import CartAdapter, Urls
from heimta.model.restore import RestoreRow
from heimta.rules.tokens import make_restore, make_way
from heimta.store import coupons, documents, restore
from tests.edge.conftest import Asker
from tests.worker.shop import SHOP, T0, VISITOR


@pytest.mark.parametrize(
    ("adapter", "path", "there"),
    [
        (
            "shopify",
            "/cart/{lines}?storefront=true",
            "/cart/hat:1?storefront=true&heimta_r=TOKEN&discount=CODE",
        ),
        ("woocommerce", "/get/?products={lines}", "/get/?products=hat:1&heimta_r=TOKEN&coupon=CODE"),
        ("api", "/back?l={lines}&c={code}", "/back?l=hat:1&c=CODE&heimta_r=TOKEN"),
        ("api", "/back/{lines}", "/back/hat:1?heimta_r=TOKEN&code=CODE"),
    ],
)
async def test_a_restore_link_names_the_code_as_the_shop_takes_it(
    edge: Asker, adapter: CartAdapter, path: str, there: str
) -> None:
    shop = replace(SHOP, cart=adapter, urls=Urls(restore=path))
    await documents.put(edge.redis, shop, now=T0)
    await edge.shops.refresh()
    offer = Offer("percent", 10)
    coupon = await coupons.for_message(edge.redis, "demo", [VISITOR], offer, "m", 4, now=edge.now)
    assert isinstance(coupon, coupons.Coupon)
    await restore.keep(edge.redis, "demo", 2, "row", RestoreRow(VISITOR, [("hat", 1)], code=coupon.code))
    token = make_restore("s" * 43, "demo", 2, "row")
    answer = await edge.http.get(f"/r/{token}")
    wanted = there.replace("TOKEN", token).replace("CODE", coupon.code)
    assert answer.headers["location"] == f"{SHOP.origins[0]}{wanted}"


async def test_a_restore_link_that_is_over_says_so_in_the_shoppers_language_and_leads_to_the_cart(
    edge: Asker,
) -> None:
    await restore.keep(edge.redis, "demo", 2, "row", RestoreRow(VISITOR, [("hat", 1)], code=""))
    token = make_restore("s" * 43, "demo", 2, "other")
    german = {"accept-language": "de-AT,de;q=0.9"}
    gone = await edge.http.get(f"/r/{token}", headers=german)
    assert gone.status_code == 410 and '<html lang="de"' in gone.text
    assert "Dieser Link ist abgelaufen" in gone.text and f'href="{SHOP.origins[0]}/cart"' in gone.text
    broken = await edge.http.get(f"/r/{token[:-1]}", headers=german)
    assert broken.status_code == 404 and "funktioniert nicht" in broken.text
    nobodys = await edge.http.get("/r/nobody.x", headers={"accept-language": "fr"})
    assert nobodys.status_code == 404 and '<html lang="en"' in nobodys.text and "href" not in nobodys.text


async def test_a_link_that_is_opened_while_the_store_is_away_says_so_and_leads_to_the_cart(
    edge: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: object) -> RestoreRow:
        raise RedisConnectionError("Connection refused.")

    monkeypatch.setattr(restore, "find", away)
    token = make_restore("s" * 43, "demo", 2, "row")
    page = await edge.http.get(f"/r/{token}", headers={"accept-language": "de"})
    assert page.status_code == 503 and page.headers["retry-after"] == "5"
    assert "Einen Moment, bitte" in page.text and f'href="{SHOP.origins[0]}/cart"' in page.text


async def test_a_way_that_no_service_worker_may_open_is_led_to_by_the_edge(edge: Asker) -> None:
    parcel = "https://parcels.example/1?a=b&c=%20d"
    token = make_way("s" * 43, "demo", parcel)
    answer = await edge.http.get(f"/r/to/{token}")
    assert (answer.status_code, answer.headers["location"]) == (302, parcel)
    for place in range(len("demo."), len(token)):
        other = "A" if token[place] != "A" else "B"
        altered = await edge.http.get(f"/r/to/{token[:place]}{other}{token[place + 1 :]}")
        assert altered.status_code == 404 and "location" not in altered.headers
    assert (await edge.http.get("/r/to/nobody.x")).status_code == 404
