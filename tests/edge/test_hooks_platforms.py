"""Orders by Shopify's and WooCommerce's own webhooks: signed as they sign, in their own shapes."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx2
import msgspec
import pytest

from heimta.edge import hooks
from heimta.ingest.commit import Unavailable
from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.ingest.platform_orders import read_shopify, read_woocommerce
from heimta.model.event import OrderHook
from heimta.store import secrets
from tests.edge.conftest import Asker
from tests.worker.shop import OTHER, T0, VISITOR

SECRET = {"shopify": "shpss_" + "5" * 32, "woocommerce": "wc-secret"}
HEADERS = {
    "shopify": ("x-shopify-hmac-sha256", "x-shopify-topic", "orders/create"),
    "woocommerce": ("x-wc-webhook-signature", "x-wc-webhook-topic", "order.created"),
}
AT = datetime.fromtimestamp(T0 / 1000, UTC)


def shopify_order(**changed: Any) -> dict[str, Any]:
    return {
        "id": 820982911946154508,
        "name": "#9999",
        "created_at": AT.isoformat(),
        "currency": "EUR",
        "total_price": "89.90",
        "test": False,
        "cancelled_at": None,
        "discount_codes": [{"code": "HEIM22222222", "amount": "8.99", "type": "percentage"}],
        "note_attributes": [{"name": "_heimta", "value": VISITOR}, {"name": "gift", "value": None}],
        "email": "jon@example.com",
        "phone": None,
        "customer": {"id": 115310627314723954, "email": "other@example.com", "phone": "+354 555 1234"},
        "line_items": [{"id": 1, "title": "Blanket", "price": "89.90", "properties": [{"name": "text"}]}],
        "shipping_address": {"first_name": "Steve", "address1": "123 Shipping Street"},
        **changed,
    }


def woo_order(**changed: Any) -> dict[str, Any]:
    return {
        "id": 727,
        "status": "processing",
        "currency": "ISK",
        "date_created_gmt": AT.strftime("%Y-%m-%dT%H:%M:%S"),
        "total": "8990.00",
        "customer_id": 26,
        "billing": {"first_name": "Jon", "email": "jon@example.com", "phone": "555 1234"},
        "meta_data": [
            {"id": 1, "key": "_heimta", "value": VISITOR},
            {"id": 2, "key": "x", "value": {"a": [1]}},
        ],
        "coupon_lines": [{"id": 2, "code": "heim22222222", "discount": "899.00"}],
        "line_items": [{"id": 315, "name": "Blanket"}],
        **changed,
    }


ORDERS = {"shopify": shopify_order, "woocommerce": woo_order}
BOTH = pytest.mark.parametrize("platform", ["shopify", "woocommerce"])


async def tell(
    edge: Asker, platform: str, body: bytes, *, secret: str = "", topic: str = ""
) -> httpx2.Response:
    if SECRET[platform] not in (await known_secrets(edge)).values():
        await secrets.set_provider(edge.redis, "demo", f"{platform}_webhook", SECRET[platform])
        await edge.shops.refresh()
    signature, topic_name, usual = HEADERS[platform]
    mac = hmac.new((secret or SECRET[platform]).encode(), body, sha256).digest()
    headers = {signature: b64encode(mac).decode(), topic_name: topic or usual}
    return await edge.http.post(f"/hooks/demo/{platform}", content=body, headers=headers)


async def known_secrets(edge: Asker) -> dict[str, str]:
    kept = await secrets.read(edge.redis, "demo")
    assert kept is not None
    return kept.providers


@BOTH
async def test_an_order_is_kept_with_what_it_is_needed_for_and_nothing_else(
    edge: Asker, platform: str
) -> None:
    body = json.dumps(ORDERS[platform]()).encode()
    for _ in range(2):
        answer = await tell(edge, platform, body)
        assert (answer.status_code, answer.json()) == (200, {"ok": 1})
    [first, second] = await edge.logged()
    assert first == second
    order = msgspec.json.decode(first[1], type=OrderHook).order
    assert (order.visitor, order.at, order.total_minor) == (VISITOR, T0, 8990)
    assert (order.currency, order.exponent) == (("EUR", 2) if platform == "shopify" else ("ISK", 0))
    assert [code.upper() for code in order.codes] == ["HEIM22222222"]
    assert order.customer is not None
    assert order.customer.email == "jon@example.com"
    for private in (b"Blanket", b"Steve", b"Jon"):
        assert private not in first[1]


@pytest.mark.parametrize(
    ("order", "phone"),
    [
        ({"phone": "+4915111111111"}, "+4915111111111"),
        ({"phone": None}, "+354 555 1234"),
        ({"customer": {"id": 1, "phone": None}}, "+4915122222222"),
        ({"customer": None}, "+4915122222222"),
        ({"customer": None, "billing_address": {"phone": None}}, ""),
        ({"customer": None, "billing_address": None}, ""),
    ],
)
def test_a_number_that_was_typed_at_shopifys_checkout_is_the_buyers(
    order: dict[str, Any], phone: str
) -> None:
    places = {
        "billing_address": {"first_name": "Jon", "phone": "+4915122222222"},
        "shipping_address": {"first_name": "Anna", "phone": "+4915133333333"},
    }
    told = read_shopify(json.dumps(shopify_order(**{**places, **order})).encode()).order.customer
    assert told is not None and told.phone == phone


@BOTH
async def test_an_order_needs_the_platforms_own_signature(edge: Asker, platform: str) -> None:
    body = json.dumps(ORDERS[platform]()).encode()
    assert (await edge.http.post(f"/hooks/demo/{platform}", content=body)).status_code == 401
    assert (await tell(edge, platform, body, secret="wrong")).status_code == 401
    assert (await tell(edge, platform, body, secret="wrong", topic="x")).status_code == 401
    assert await edge.logged() == []
    assert (await tell(edge, platform, body)).status_code == 200


@BOTH
@pytest.mark.parametrize("changed", [{"topic": "app/uninstalled"}, {"at": T0 - 31 * 24 * 3_600_000}])
async def test_what_is_not_wanted_is_answered_so_that_the_webhook_stays(
    edge: Asker, platform: str, changed: dict[str, Any]
) -> None:
    at = datetime.fromtimestamp(changed.get("at", T0) / 1000, UTC)
    told = ORDERS[platform](created_at=at.isoformat(), date_created_gmt=at.strftime("%Y-%m-%dT%H:%M:%S"))
    answer = await tell(edge, platform, json.dumps(told).encode(), topic=changed.get("topic", ""))
    assert answer.status_code == 200
    assert answer.json()["ignored"]
    assert await edge.logged() == []


UPDATED = {"shopify": "orders/updated", "woocommerce": "order.updated"}
CALLED_OFF = [
    ("shopify", {"cancelled_at": AT.isoformat(), "current_total_price": "89.90"}),
    ("woocommerce", {"status": "cancelled"}),
    ("woocommerce", {"status": "refunded", "refunds": [{"id": 1, "reason": "", "total": "-8990.00"}]}),
    ("woocommerce", {"status": "trash"}),
]
SENT_BACK = [
    ("shopify", {"current_total_price": "50.00"}, 5000),
    ("shopify", {"current_total_price": "-1.00"}, 0),
    ("shopify", {"test": True}, 0),
    ("shopify", {"current_total_price": "95.00"}, 8990),
    ("woocommerce", {"refunds": [{"id": 1, "total": "-2000.00"}, {"id": 2, "total": "-1990.00"}]}, 5000),
    ("woocommerce", {"refunds": [{"id": 1, "total": "-9000.00"}]}, 0),
]


@pytest.mark.parametrize(("platform", "changed"), CALLED_OFF)
async def test_an_order_that_was_told_is_told_again_without_its_money_when_it_is_called_off(
    edge: Asker, platform: str, changed: dict[str, Any]
) -> None:
    off = json.dumps(ORDERS[platform](**changed)).encode()
    never = await tell(edge, platform, off, topic=UPDATED[platform])
    assert (never.status_code, "ignored" in never.json()) == (
        200,
        True,
    )  # it was never placed, as far as we know
    assert await edge.logged() == []
    await tell(edge, platform, json.dumps(ORDERS[platform]()).encode())
    assert (await tell(edge, platform, off, topic=UPDATED[platform])).json() == {"ok": 1}
    placed, gone = [msgspec.json.decode(data, type=OrderHook).order for _, data in await edge.logged()]
    assert gone == msgspec.structs.replace(placed, total_minor=0)


@pytest.mark.parametrize(("platform", "changed", "left"), SENT_BACK)
async def test_what_was_sent_back_is_taken_off_its_order(
    edge: Asker, platform: str, changed: dict[str, Any], left: int
) -> None:
    for told in ({}, changed):
        body = json.dumps(ORDERS[platform](**told)).encode()
        assert (await tell(edge, platform, body, topic=UPDATED[platform])).json() == {"ok": 1}
    sums = [msgspec.json.decode(data, type=OrderHook).order.total_minor for _, data in await edge.logged()]
    assert sums == [8990, left]


@pytest.mark.parametrize("status", ["pending", "checkout-draft", "failed", "cancelled"])
async def test_an_order_that_is_not_placed_stops_nothing(edge: Asker, status: str) -> None:
    answer = await tell(edge, "woocommerce", json.dumps(woo_order(status=status)).encode())
    assert (answer.status_code, "ignored" in answer.json()) == (200, True)
    paid = await tell(edge, "woocommerce", json.dumps(woo_order()).encode(), topic="order.updated")
    assert paid.json() == {"ok": 1}
    assert len(await edge.logged()) == 1


async def test_woocommerce_may_ask_whether_somebody_is_there(edge: Asker) -> None:
    assert (await edge.http.post("/hooks/demo/woocommerce", content=b"webhook_id=3")).status_code == 200
    assert (await edge.http.post("/hooks/demo/shopify", content=b"webhook_id=3")).status_code == 401
    assert await edge.logged() == []


@BOTH
async def test_an_order_that_is_told_once_outlasts_a_store_that_fails_over(
    edge: Asker, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, asked = edge.app.state.edge.commit, 0
    append = commit.append

    async def away(entry: Entry, **more: Any) -> None:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise Unavailable
        await append(entry, **more)

    monkeypatch.setattr(commit, "append", away)
    monkeypatch.setattr(hooks, "AGAIN_S", 0.01)
    answer = await tell(edge, platform, json.dumps(ORDERS[platform]()).encode())
    is_told_again = platform == "shopify"
    assert (answer.status_code, asked) == ((503, 1) if is_told_again else (200, 4))
    assert len(await edge.logged()) == (0 if is_told_again else 1)


async def test_an_order_that_waits_for_the_store_is_answered_when_the_edge_stops(
    edge: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may wait for longer than an edge that is asked to stop does, which then cancels it."""
    waits = asyncio.Event()

    async def away(entry: Entry, **more: Any) -> None:
        waits.set()
        raise Unavailable

    monkeypatch.setattr(edge.app.state.edge.commit, "append", away)
    told = asyncio.create_task(tell(edge, "woocommerce", json.dumps(woo_order()).encode()))
    await asyncio.wait_for(waits.wait(), 20)
    told.cancel()
    assert (await told).status_code == 503


@BOTH
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id":"1"}', b'{"id":1e400}', b"\xff", b'{"x":' + b"[" * 5000]
)
async def test_no_signed_body_is_answered_500(edge: Asker, platform: str, body: bytes) -> None:
    answer = await tell(edge, platform, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_order")


@BOTH
async def test_an_order_without_a_visitor_is_told_to_whom_its_code_was_given(
    edge: Asker, platform: str
) -> None:
    claim = {"vid": OTHER, "campaign": "exit-offer"}
    code = (await edge.post("/s/demo/claim", claim)).json()["code"]
    told = ORDERS[platform](
        note_attributes=[],
        meta_data=[],
        discount_codes=[{"code": code.lower()}],
        coupon_lines=[{"code": code}],
    )
    assert (await tell(edge, platform, json.dumps(told).encode())).status_code == 200
    kinds = {kind: data for kind, data in await edge.logged()}
    assert set(kinds) == {"claim", "order", "relay"}
    assert json.loads(kinds["relay"])["vid"] == OTHER


@pytest.mark.parametrize(
    ("changed", "visitor", "email"),
    [
        ({"note_attributes": [{"name": "_heimta", "value": "x" * 21}]}, "", "jon@example.com"),
        ({"note_attributes": [{"name": "_heimta", "value": 7}]}, "", "jon@example.com"),
        ({"note_attributes": None, "discount_codes": None}, "", "jon@example.com"),
        ({"email": None, "customer": None}, VISITOR, ""),
        ({"email": "e" * 500, "customer": None}, VISITOR, ""),
    ],
)
def test_what_cannot_be_a_name_is_passed_over(changed: dict[str, Any], visitor: str, email: str) -> None:
    order = read_shopify(json.dumps(shopify_order(**changed)).encode()).order
    assert order.visitor == visitor
    assert (order.customer.email if order.customer else "") == email


@pytest.mark.parametrize(
    ("total", "currency", "minor"),
    [("0.07", "EUR", 7), ("1.005", "BHD", 1005), ("12", "JPY", 12), ("999999999999999", "EUR", 10**12)],
)
def test_money_comes_in_the_currencys_own_units(total: str, currency: str, minor: int) -> None:
    told = json.dumps(shopify_order(total_price=total, currency=currency)).encode()
    assert read_shopify(told).order.total_minor == minor


@pytest.mark.parametrize(("paid", "later_ms"), [("2030-01-01T10:00:00", 7_200_000), (None, 0), ("", 0)])
def test_woocommerces_order_is_of_when_it_was_paid_not_of_when_the_checkout_was_left(
    paid: str | None, later_ms: int
) -> None:
    """Begun at 8, left unpaid, paid at 10 after a mail: of 8 it would have recovered nothing."""
    told = woo_order(date_created_gmt="2030-01-01T08:00:00", date_paid_gmt=paid)
    begun = round(datetime(2030, 1, 1, 8, tzinfo=UTC).timestamp() * 1000)
    assert read_woocommerce(json.dumps(told).encode()).order.at == begun + later_ms


def test_a_time_that_is_none_is_told_so() -> None:
    with pytest.raises(BadBody, match="ISO 8601"):
        read_woocommerce(json.dumps(woo_order(date_created_gmt="yesterday")).encode())
