"""Codes: the shop's own, the edge's, and every way in which one is refused."""

from __future__ import annotations

import time

import pytest

from tests.demo.shopper import Shopper
from tests.demo.stub_edge import StubEdge

JSON = {"accept": "application/json"}


async def test_the_shops_own_code_needs_no_edge(shopper: Shopper, edge: StubEdge) -> None:
    await edge.server.close()
    await shopper.fill(wool_hat_m=2)
    reply = await shopper.get("/discount/welcome5", **JSON)
    assert (reply.status, reply.json["ok"], reply.json["total_minor"]) == (200, True, 6460)


@pytest.mark.parametrize(
    ("kind", "value", "total"),
    [("percent", 10, 6120 + 490), ("amount", 700, 6100 + 490), ("free_shipping", 0, 6800)],
)
async def test_an_edge_code_counts(
    shopper: Shopper, edge: StubEdge, kind: str, value: int, total: int
) -> None:
    edge.coupon("HEIM7Q2M", kind, value)
    await shopper.fill(wool_hat_m=2)
    assert (await shopper.get("/discount/heim7q2m", **JSON)).json["ok"] is True
    cart = (await shopper.get("/cart.json")).json
    assert (cart["order_minor"], cart["code"]) == (total, "HEIM7Q2M")
    assert cart["events"][0]["ecommerce"]["coupon"] == "HEIM7Q2M"


@pytest.mark.parametrize(
    ("coupon", "words"),
    [
        (None, "is not valid or has expired"),
        ({"state": "redeemed"}, "has already been used"),
        ({"expires_at": 1}, "has expired"),
        ({"min_cart_minor": 6801}, "needs a cart of at least €68.01"),
    ],
    ids=str,
)
async def test_a_code_is_refused_and_says_why(
    shopper: Shopper, edge: StubEdge, coupon: dict[str, object] | None, words: str
) -> None:
    if coupon is not None:
        edge.coupon("HEIM7Q2M", "percent", 10, **coupon)
    await shopper.fill(wool_hat_m=2)
    reply = await shopper.get("/discount/HEIM7Q2M", **JSON)
    assert (reply.status, reply.json["ok"]) == (404, False)
    assert words in reply.json["message"]
    assert words in (await shopper.follow("/discount/HEIM7Q2M")).text
    assert (await shopper.get("/cart.json")).json["code"] == ""


async def test_without_the_edge_a_code_can_be_tried_again(shopper: Shopper, edge: StubEdge) -> None:
    await edge.server.close()
    reply = await shopper.get("/discount/HEIM7Q2M", **JSON)
    assert (reply.status, reply.json["ok"]) == (503, False)
    assert "try again" in reply.json["message"]


async def test_the_link_goes_on_to_where_it_says(shopper: Shopper) -> None:
    assert (await shopper.get("/discount/WELCOME5?redirect=/checkout")).location == "/checkout"
    assert (await shopper.get("/discount/WELCOME5")).location == "/cart"


async def test_the_field_applies_and_removes(shopper: Shopper) -> None:
    await shopper.fill(wool_hat_m=2)
    reply = await shopper.form("/cart/discount", code=" welcome5 ", back="/checkout")
    assert reply.location == "/checkout"
    assert "\u2212€3.40" in (await shopper.get("/checkout")).text
    await shopper.form("/cart/discount", remove="1")
    assert (await shopper.get("/cart.json")).json["off_minor"] == 0


async def test_a_code_pauses_while_the_cart_is_too_small(shopper: Shopper, edge: StubEdge) -> None:
    edge.coupon("HEIM7Q2M", "percent", 10, min_cart_minor=5000)
    await shopper.fill(wool_hat_m=2)
    await shopper.get("/discount/HEIM7Q2M", **JSON)
    await shopper.fetch("/cart/change", sku="wool-hat-m", qty=1)
    assert "counts from a cart of €50.00" in (await shopper.get("/cart")).text
    assert (await shopper.get("/cart.json")).json["off_minor"] == 0
    await shopper.fetch("/cart/change", sku="wool-hat-m", qty=2)
    assert (await shopper.get("/cart.json")).json["off_minor"] == 680


async def test_a_code_expires_on_the_cart(shopper: Shopper, edge: StubEdge) -> None:
    now = time.time_ns() // 1_000_000
    edge.coupon("HEIM7Q2M", "percent", 10, expires_at=now + 60_000)
    await shopper.fill(wool_hat_m=2)
    assert (await shopper.get("/discount/HEIM7Q2M", **JSON)).json["ok"] is True
    shopper.app.state.shop.now = lambda: now + 60_000
    assert "has expired" in (await shopper.get("/cart")).text
    assert (await shopper.get("/cart.json")).json["off_minor"] == 0
