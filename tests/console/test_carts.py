"""How the cart is read: chosen in the console, saved as a new version, taken back by one button."""

from __future__ import annotations

import html
import re
from typing import get_args

import msgspec
import pytest

from heimta.console.carts import ADAPTERS, FIELDS
from heimta.model.documents import CartAdapter, Selectors, ShopDoc
from heimta.store import documents
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW, SHOP, install

AT = "/console/shops/demo/cart"


async def shop(redis: Client) -> ShopDoc:
    found = await documents.read(redis, "demo")
    assert found is not None
    return found.shop


def test_every_platform_and_every_selector_has_its_words() -> None:
    assert set(ADAPTERS) == set(get_args(CartAdapter))
    fields = [name for group in FIELDS.values() for name in group]
    assert sorted(fields) == sorted(Selectors.__struct_fields__)


async def test_the_form_shows_what_the_document_says(merchant: Browser, redis: Client) -> None:
    await install(redis)
    page = (await merchant.get(AT)).text
    assert re.search(r'value="datalayer" checked', page) and page.count(" checked") == 1
    assert 'name="checkout" value="/checkout"' in page
    assert f'href="{AT}"' in (await merchant.get("/console/shops/demo/install")).text


async def test_a_platform_is_saved_and_taken_back(merchant: Browser, redis: Client) -> None:
    await install(redis)
    given = Selectors(line=".item", sku="@data-sku", name="td:nth-child(2) > a")
    await documents.put(redis, msgspec.structs.replace(SHOP, cart="selectors", selectors=given), now=NOW)
    revision = await documents.revision(redis, "demo")
    form = {"csrf": await merchant.token(AT), "platform": "shopware", "checkout": "/de/checkout"}
    answer = await merchant.post(AT, data=form)
    assert answer.status_code == 200 and "Saved. The cart is read as: Shopware 6." in answer.text
    changed = await shop(redis)
    assert (changed.cart, changed.selectors, changed.urls.checkout) == ("shopware", None, "/de/checkout")
    assert changed.urls.restore == SHOP.urls.restore and changed.push == SHOP.push
    assert await documents.revision(redis, "demo") == revision + 1  # what edges poll
    undo = answer.text.split('<form class="seen good"')[1].split("</form>")[0]
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', undo)}
    await merchant.post(AT, data=fields)
    back = await shop(redis)
    assert (back.cart, back.selectors, back.urls.checkout) == ("selectors", given, "/checkout")


async def test_selectors_are_saved_as_typed(merchant: Browser, redis: Client) -> None:
    await install(redis)
    typed = {"line": " .cart-item ", "sku": "@data-sku", "qty": 'input[name="qty[]"]@value', "name": ""}
    form = {"csrf": await merchant.token(AT), "platform": "selectors", "checkout": "/checkout", **typed}
    assert (await merchant.post(AT, data=form)).status_code == 200
    assert (await shop(redis)).selectors == Selectors(
        line=".cart-item", sku="@data-sku", qty='input[name="qty[]"]@value'
    )
    page = (await merchant.get(AT)).text
    assert 'value="input[name=&#34;qty[]&#34;]@value"' in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"line": ".a["}, "a bracket does not close"),
        ({"platform": "jtl"}, "choose one of these"),
        ({"checkout": "checkout"}, "begins with a slash"),
        ({"sku": "x" * 301}, "it has 301 characters; at most 300"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told_and_nothing_is_saved(
    merchant: Browser, redis: Client, change: dict[str, str], told: str
) -> None:
    await install(redis)
    revision = await documents.revision(redis, "demo")
    form = {"csrf": await merchant.token(AT), "platform": "selectors", "checkout": "/checkout"}
    form["name"] = ".kept"
    answer = await merchant.post(AT, data=form | change)
    assert answer.status_code == 422 and told in answer.text
    assert 'value=".kept"' in answer.text  # what was typed is still there
    assert await documents.revision(redis, "demo") == revision


async def test_without_the_forms_token_nothing_is_saved(merchant: Browser, redis: Client) -> None:
    await install(redis)
    answer = await merchant.post(AT, data={"platform": "api", "checkout": "/checkout"})
    assert answer.status_code == 403 and (await shop(redis)).cart == "datalayer"
