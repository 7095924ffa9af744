"""Orders that no shopper places in a browser, that fall through later, or whose time is not their own: as
Shopify and WooCommerce tell them.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from heimta.ingest.platform_orders import Ignored, read_shopify, read_woocommerce
from heimta.model.event import Order, OrderHook
from tests.edge.conftest import Asker
from tests.edge.test_hooks_platforms import AT, BOTH, ORDERS, UPDATED, shopify_order, tell, woo_order
from tests.edge.test_orders import counted, states
from tests.worker.shop import T0, VISITOR

DAY_MS = 24 * 3_600_000


@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request", "shop/redact"])
async def test_what_is_to_be_erased_at_shopify_is_not_said_to_be(edge: Asker, topic: str) -> None:
    told = {"shop_id": 1, "customer": {"id": 7, "email": "jon@example.com"}, "orders_to_redact": [1]}
    answer = await tell(edge, "shopify", json.dumps(told).encode(), topic=topic)
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_done")
    assert "heimta forget" in answer.json()["error"]["message"]


async def orders(edge: Asker) -> list[Order]:
    return [msgspec.json.decode(data, type=OrderHook).order for _, data in await edge.logged()]


@pytest.mark.parametrize("source", ["subscription_contract", "subscription_contract_checkout_one"])
def test_what_a_subscription_orders_anew_at_shopify_is_no_browsers(source: str) -> None:
    order = read_shopify(json.dumps(shopify_order(source_name=source)).encode()).order
    assert (order.visitor, order.codes, order.total_minor) == ("", (), 8990)
    assert order.customer is not None and order.customer.email == "jon@example.com"
    placed = read_shopify(json.dumps(shopify_order(source_name="web")).encode()).order
    assert (placed.visitor, len(placed.codes)) == (VISITOR, 1)


def test_what_woocommerce_subscriptions_orders_anew_is_not_what_its_copied_fields_say() -> None:
    copied = [
        {"id": 1, "key": "_heimta", "value": VISITOR},
        {"id": 2, "key": "_heimta_cart", "value": "c" * 11},
        {"id": 3, "key": "_heimta_r", "value": "t" * 40},
    ]
    told = {"meta_data": copied, "parent_id": 0}
    renewal = json.dumps(woo_order(**told, created_via="subscription")).encode()
    order = read_woocommerce(renewal).order
    assert (order.visitor, order.cart, order.restored, order.codes) == ("", "", "", ())
    assert (order.total_minor, order.customer is None) == (8990, False)
    first = read_woocommerce(json.dumps(woo_order(**told, created_via="checkout")).encode()).order
    assert (first.visitor, first.cart, first.restored) == (VISITOR, "c" * 11, "t" * 40)


@pytest.mark.parametrize("made", ["dokan", "yith_wcmv_vendor_suborder"])
def test_a_marketplaces_part_of_an_order_is_none_beside_the_whole(made: str) -> None:
    with pytest.raises(Ignored, match="part of order 727"):
        read_woocommerce(json.dumps(woo_order(id=728, parent_id=727, created_via=made)).encode())
    for whole in (
        {"parent_id": 0, "created_via": made},
        {"parent_id": None, "created_via": made},
        {"parent_id": 727, "created_via": "wc_deposits"},
    ):
        assert read_woocommerce(json.dumps(woo_order(**whole)).encode()).stands


async def test_a_voucher_that_nobody_paid_is_no_revenue(edge: Asker) -> None:
    """It was on hold for days, and fails at the end of them."""
    failed = json.dumps(woo_order(status="failed")).encode()
    for status in ("pending", "failed", "on-hold", "failed"):
        told = json.dumps(woo_order(status=status)).encode()
        assert (await tell(edge, "woocommerce", told, topic=UPDATED["woocommerce"])).status_code == 200
    assert [order.total_minor for order in await orders(edge)] == [8990, 0]
    assert not read_woocommerce(failed).stands


async def test_what_failed_and_was_paid_after_all_is_revenue_whichever_webhook_came_first(
    edge: Asker,
) -> None:
    """A debit was on hold, failed, and was paid with a card; the word that it failed came last."""
    for status, minutes in (("on-hold", 0), ("processing", 9), ("failed", 5)):
        changed = (AT - timedelta(minutes=20 - minutes)).strftime("%Y-%m-%dT%H:%M:%S")
        told = json.dumps(woo_order(status=status, date_modified_gmt=changed)).encode()
        assert (await tell(edge, "woocommerce", told, topic=UPDATED["woocommerce"])).json() == {"ok": 1}
    found, effects = await states(edge)
    [held] = [order for state in found.values() for order in state.orders.values()]
    assert (held.minor, held.is_called_off) == (8990, False)
    assert counted(effects, "orders_minor.ISK") == 8990


@BOTH
async def test_a_change_by_a_fast_clock_is_of_now(edge: Asker, platform: str) -> None:
    soon = AT + timedelta(hours=2)
    fields = {"updated_at": soon.isoformat(), "date_modified_gmt": soon.strftime("%Y-%m-%dT%H:%M:%S")}
    await tell(edge, platform, json.dumps(ORDERS[platform](**fields)).encode())
    [told] = await orders(edge)
    assert told.changed_at == edge.now


@BOTH
@pytest.mark.parametrize("ahead_min", [4, 20, 60 * 24 * 30])
async def test_an_order_by_a_fast_clock_is_of_now(edge: Asker, platform: str, ahead_min: int) -> None:
    """WooCommerce's clock is its server's, and an order that is ignored is never told again."""
    at = AT + timedelta(minutes=ahead_min)
    told: dict[str, Any] = {
        "created_at": at.isoformat(),
        "date_created_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
    }
    answer = await tell(edge, platform, json.dumps(ORDERS[platform](**told)).encode())
    assert answer.json() == {"ok": 1}
    assert [order.at for order in await orders(edge)] == [T0]


@pytest.mark.parametrize(("processed_days", "ago_days"), [(None, 0), (0, 0), (3, 3), (-1, 0), (500, None)])
async def test_an_order_that_was_brought_along_to_shopify_is_of_its_own_day(
    edge: Asker, processed_days: int | None, ago_days: int | None
) -> None:
    """Thousands of old ones are created within the hour where a shop moves to Shopify."""
    told: dict[str, Any] = {"processed_at": None}
    if processed_days is not None:
        told["processed_at"] = (AT - timedelta(days=processed_days)).isoformat()
    answer = await tell(edge, "shopify", json.dumps(shopify_order(**told)).encode())
    assert answer.status_code == 200
    assert ("ignored" in answer.json()) == (ago_days is None)
    kept = [] if ago_days is None else [T0 - ago_days * DAY_MS]
    assert [order.at for order in await orders(edge)] == kept


@pytest.mark.parametrize(("begun_days", "is_taken"), [(0, True), (29, True), (31, False), (500, False)])
async def test_an_old_order_that_is_imported_into_woocommerce_is_not_of_when_it_was_marked_as_paid(
    edge: Asker, begun_days: int, is_taken: bool
) -> None:
    begun, form = AT - timedelta(days=begun_days), "%Y-%m-%dT%H:%M:%S"
    told = woo_order(date_created_gmt=begun.strftime(form), date_paid_gmt=AT.strftime(form))
    answer = await tell(edge, "woocommerce", json.dumps(told).encode())
    assert answer.status_code == 200
    assert [order.at for order in await orders(edge)] == ([T0] if is_taken else [])
