"""What a shop's back end tells of products and parcels: only news becomes entries, for those who watch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from heimta.model.event import MAX_URL
from heimta.model.product import MAX_PRODUCTS, Product
from heimta.store import keys, secrets, watchers
from tests.edge.conftest import Asker
from tests.worker.shop import MINUTE, OTHER, T0, VISITOR, order

PARTITIONS = 4
HAT = "hat / size M {blue}"


def product(price: int, at: int, *, in_stock: bool = True, sku: str = HAT, **more: Any) -> dict[str, Any]:
    told = {"sku": sku, "price_minor": price, "currency": "EUR", "exponent": 2}
    return {**told, "in_stock": in_stock, "at": at, **more}


async def tell(edge: Asker, *products: dict[str, Any]) -> dict[str, Any]:
    edge.now = max(edge.now, *(each["at"] for each in products))
    answered = await edge.hook("/hooks/demo/products", json.dumps({"products": products}).encode())
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


async def watched_by(edge: Asker, *visitors: str) -> set[int]:
    homes = {keys.partition_of("demo", visitor, PARTITIONS) for visitor in visitors}
    for visitor in visitors:
        home = keys.partition_of("demo", visitor, PARTITIONS)
        await watchers.note(edge.redis, home, {("demo", HAT): {visitor: T0}})
    return homes


async def notes(edge: Asker) -> list[dict[str, Any]]:
    return [json.loads(data) for kind, data in await edge.logged() if kind == "product"]


async def test_what_is_back_or_costs_less_is_told_where_somebody_watches_it(edge: Asker) -> None:
    homes = await watched_by(edge, VISITOR, OTHER)
    await tell(edge, product(2000, T0, in_stock=False))
    assert await notes(edge) == []
    assert (await tell(edge, product(1500, T0 + MINUTE, name="Hat")))["changed"] == 1
    found = await notes(edge)
    assert len(found) == len(homes)
    assert found[0] == {
        "type": "product", "vid": "", "sku": HAT, "at": T0 + MINUTE, "price_minor": 1500, "currency": "EUR",
        "is_back": True, "was_minor": 2000, "name": "Hat", "url": "", "image": "",
    }  # fmt: skip


async def test_the_same_catalogue_every_night_makes_no_entry(edge: Asker) -> None:
    await watched_by(edge, VISITOR)
    for night in range(3):
        assert (await tell(edge, product(2000, T0 + night * MINUTE)))["changed"] == 0
    assert await notes(edge) == []


@pytest.mark.parametrize(
    "now",
    [
        product(2500, T0 + MINUTE),  # dearer
        product(1500, T0 + MINUTE, in_stock=False),  # cheaper, and nobody can buy it
        product(1500, T0 + MINUTE, currency="CHF"),  # another currency's number
        product(1500, T0 - MINUTE),  # older than what is known
    ],
)
async def test_what_is_no_news_to_a_shopper_is_kept_and_not_told(edge: Asker, now: dict[str, Any]) -> None:
    await watched_by(edge, VISITOR)
    await tell(edge, product(2000, T0))
    assert (await tell(edge, now))["changed"] == 0


async def test_of_two_requests_at_once_the_later_word_is_kept(edge: Asker) -> None:
    def said(at: int, *, in_stock: bool) -> Product:
        return Product(HAT, 2000, "EUR", 2, in_stock, at, name='a "at":9999999999999 b')

    for known in (said(T0 + MINUTE, in_stock=True), said(T0, in_stock=False), said(T0 + 1, in_stock=False)):
        await watchers.keep(edge.redis, "demo", [known], PARTITIONS)
    held = await watchers.known(edge.redis, "demo", [HAT], PARTITIONS)
    assert held[HAT] == said(T0 + MINUTE, in_stock=True)


async def test_nobody_watches_nobody_is_told(edge: Asker) -> None:
    await tell(edge, product(2000, T0))
    await tell(edge, product(1500, T0 + MINUTE))
    assert await notes(edge) == []


async def test_prices_are_compared_by_worth_and_not_by_digits(edge: Asker) -> None:
    await watched_by(edge, VISITOR)
    await tell(edge, product(2000, T0))
    assert (await tell(edge, product(20, T0 + MINUTE, exponent=0)))["changed"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"products": []}, "bad_products"),
        ({"products": [{"sku": "x"}]}, "bad_products"),
        ({"products": [product(1, T0)] * 101}, "bad_products"),
        ({"products": [product(1, T0 // 1000)]}, "bad_time"),
        ({"products": [product(1, T0 + 6 * MINUTE)]}, "bad_time"),
    ],
)
async def test_what_is_wrong_with_a_list_is_said(edge: Asker, body: dict[str, Any], code: str) -> None:
    answered = await edge.hook("/hooks/demo/products", json.dumps(body).encode())
    assert (answered.status_code, answered.json()["error"]["code"]) == (400, code)


async def test_as_many_products_as_a_list_may_hold_are_taken_however_long_their_words(edge: Asker) -> None:
    longest = {"name": "\N{SNOWMAN}" * 200, "url": "u" * MAX_URL, "image": "i" * MAX_URL}
    whole = [product(1, T0, sku=f"{number}".zfill(64), **longest) for number in range(MAX_PRODUCTS)]
    assert (await tell(edge, *whole))["ok"] == MAX_PRODUCTS


@pytest.mark.parametrize("path", ["products", "fulfilment"])
async def test_what_nobody_signed_is_refused(edge: Asker, path: str) -> None:
    answered = await edge.hook(f"/hooks/demo/{path}", b"{}", secret="w" * 43)
    assert answered.status_code == 401
    assert (await edge.hook(f"/hooks/nosuch/{path}", b"{}")).status_code == 401


async def test_a_webhook_secret_that_was_replaced_counts_no_more(edge: Asker) -> None:
    body = json.dumps({"products": [product(2000, T0)]}).encode()
    await secrets.replace_webhook(edge.redis, "demo", "n" * 43)
    await edge.shops.refresh()
    assert (await edge.hook("/hooks/demo/products", body)).status_code == 401
    assert (await edge.hook("/hooks/demo/products", body, secret="n" * 43)).status_code == 200


async def test_the_newest_watchers_are_kept_and_read_in_parts(edge: Asker, monkeypatch: Any) -> None:
    monkeypatch.setattr(watchers, "KEEP", 25)
    monkeypatch.setattr(watchers, "READ", 10)
    names = [f"visitor-{number:014d}" for number in range(30)]
    await watchers.note(edge.redis, 0, {("demo", HAT): {name: T0 + n for n, name in enumerate(names)}})
    found = [await watchers.page(edge.redis, 0, "demo", HAT, start) for start in (0, 10, 20, 25)]
    assert [len(part) for part in found] == [10, 10, 5, 0]
    assert [name for part in found for name in part] == names[:4:-1]


def parcel(state: str = "shipped", order_id: str = "o-1", at: int = T0, link: str = "") -> bytes:
    return json.dumps({"order": order_id, "state": state, "at": at, "link": link}).encode()


async def test_a_parcel_is_told_to_whoever_the_order_was_told_of(edge: Asker) -> None:
    await edge.hook("/hooks/demo/generic", order("o-1", 500, T0))
    told = await edge.hook("/hooks/demo/fulfilment", parcel(link="https://parcels.example/1"))
    assert told.status_code == 200
    _, data = next(each for each in await edge.logged() if each[0] == "fulfilment")
    assert json.loads(data) == {
        "vid": VISITOR, "order": "o-1", "state": "shipped", "at": T0, "link": "https://parcels.example/1",
    }  # fmt: skip


async def test_a_parcel_of_an_unknown_order_says_what_to_do(edge: Asker) -> None:
    told = await edge.hook("/hooks/demo/fulfilment", parcel(order_id="o-2"))
    assert told.status_code == 404 and "tell the order first" in told.json()["error"]["message"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://a b", "ftp://x", "https://"])
async def test_a_link_that_is_none_is_refused(edge: Asker, link: str) -> None:
    assert (await edge.hook("/hooks/demo/fulfilment", parcel(link=link))).status_code == 400
