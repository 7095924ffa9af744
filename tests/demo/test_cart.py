"""The cart's doors, as a form and as a fetch, and what dataLayer hears."""

from __future__ import annotations

import pytest

from heimta.demo.cart import local_path, parse_lines
from tests.demo.shopper import Shopper


async def test_adding_answers_with_the_whole_cart(shopper: Shopper) -> None:
    cart = (await shopper.fill(wool_hat_m=2)).json
    assert (cart["count"], cart["total_minor"], cart["order_minor"]) == (2, 6800, 7290)
    added, whole = cart["events"]
    assert added["event"] == "add_to_cart"
    assert added["ecommerce"]["items"][0]["quantity"] == 2
    assert whole["event"] == "view_cart"
    assert whole["ecommerce"]["value"] == 68.0
    assert whole["ecommerce"]["items"][0] == {
        "item_id": "wool-hat-m",
        "item_name": "Wool hat, M",
        "item_brand": "Fjord & Fell",
        "item_category": "wool",
        "item_variant": "M",
        "price": 34.0,
        "quantity": 2,
        "item_url": "/product/wool-hat?size=m",
        "item_image": "/static/img/wool-hat.svg",
        "index": 0,
    }


async def test_add_carries_the_delta_and_view_cart_the_whole(shopper: Shopper) -> None:
    await shopper.fill(wool_hat_m=2, enamel_mug=1)
    added, whole = (await shopper.fill(wool_hat_m=1)).json["events"]
    assert [item["quantity"] for item in added["ecommerce"]["items"]] == [1]
    assert [item["quantity"] for item in whole["ecommerce"]["items"]] == [3, 1]


async def test_removing_the_last_line_shows_an_empty_cart(shopper: Shopper) -> None:
    await shopper.fill(wool_hat_m=2)
    removed, whole = (await shopper.fetch("/cart/change", sku="wool-hat-m", qty=0)).json["events"]
    assert (removed["event"], removed["ecommerce"]["value"]) == ("remove_from_cart", 68.0)
    assert (whole["ecommerce"]["items"], whole["ecommerce"]["value"]) == ([], 0.0)


async def test_forms_work_without_javascript(shopper: Shopper) -> None:
    reply = await shopper.form("/cart/add", sku="enamel-mug", qty=1)
    assert (reply.status, reply.location) == (303, "/cart")
    await shopper.form("/cart/change", sku="enamel-mug", qty=3)
    page = await shopper.get("/cart")
    assert "€49.50" in page.text
    assert [event["event"] for event in page.events] == ["view_cart"]


@pytest.mark.parametrize(
    ("sku", "qty", "words"),
    [
        ("sheepskin", 1, "Sheepskin throw is sold out"),
        ("lopapeysa-xl", 1, "Lopapeysa sweater, XL is sold out"),
        ("no-such-thing", 1, "do not know this product"),
        ("wool-hat-m", 21, "at most 20"),
    ],
)
async def test_a_cart_refuses(shopper: Shopper, sku: str, qty: int, words: str) -> None:
    reply = await shopper.fetch("/cart/add", sku=sku, qty=qty)
    assert reply.status == 409
    assert words in reply.json["message"]
    assert (await shopper.get("/cart.json")).json["lines"] == []
    await shopper.form("/cart/add", sku=sku, qty=qty)
    assert words in (await shopper.get("/cart")).text


@pytest.mark.parametrize("body", [{"sku": 7}, {"qty": "many"}, [], "x"], ids=str)
async def test_garbage_is_refused_with_words(shopper: Shopper, body: object) -> None:
    reply = await shopper.fetch("/cart/add", **(body if isinstance(body, dict) else {"": body}))
    assert reply.status == 409


async def test_a_cart_belongs_to_its_session(shopper: Shopper) -> None:
    await shopper.fill(enamel_mug=1)
    other = Shopper(shopper.app)
    assert (await other.get("/cart.json")).json["count"] == 0
    assert "shop_cart" not in other.cookies  # nothing is stored for a visitor who only looks


async def test_a_link_restores_the_cart_in_a_fresh_browser(shopper: Shopper) -> None:
    reply = await shopper.get("/cart/wool-hat-m:2,enamel-mug:1?heimta_r=tok-en_1&code=welcome5")
    assert (reply.status, reply.location) == (302, "/cart?heimta_r=tok-en_1")
    page = await shopper.get(reply.location)
    assert "Welcome back" in page.text
    assert "WELCOME5" in page.text
    cart = (await shopper.get("/cart.json")).json
    assert [(line["sku"], line["qty"]) for line in cart["lines"]] == [("wool-hat-m", 2), ("enamel-mug", 1)]
    assert cart["total_minor"] == 8027  # 84.50 less 5 %, 4.225 rounded to 4.23


async def test_opening_the_link_twice_does_not_double_the_cart(shopper: Shopper) -> None:
    await shopper.fill(wool_hat_m=1, wool_socks_36=1)
    for _ in range(2):
        await shopper.follow("/cart/wool-hat-m:2")
    lines = (await shopper.get("/cart.json")).json["lines"]
    assert [(line["sku"], line["qty"]) for line in lines] == [("wool-hat-m", 2), ("wool-socks-36", 1)]


async def test_a_link_skips_what_is_gone_and_says_so_once(shopper: Shopper) -> None:
    page = await shopper.follow("/cart/sheepskin:1,enamel-mug:1,no-such-thing:2")
    assert "Sheepskin throw is sold out and was left out." in page.text
    assert "no longer in our shop" in page.text
    assert "left out" not in (await shopper.get("/cart")).text
    assert (await shopper.get("/cart.json")).json["count"] == 1


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("a:1,b:2", [("a", 1), ("b", 2)]),
        ("a%2Cb%3A1:3", [("a,b:1", 3)]),
        ("a:0,a:-1,a:x,a,:3,a:²", []),
        ("a:999999999999", [("a", 20)]),
        ("", []),
    ],
)
def test_lines_of_a_link(lines: str, wanted: list[tuple[str, int]]) -> None:
    assert parse_lines(lines) == wanted


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "", "cart"])
def test_a_code_link_never_leads_away(target: str) -> None:
    assert local_path(target) == "/cart"
