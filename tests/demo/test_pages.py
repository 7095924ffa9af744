"""Pages in three languages, the pasted tag, consent, and the headers of a careful shop."""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from heimta.demo import words
from heimta.demo.catalog import Catalog
from tests.demo.shopper import Shopper
from tests.demo.stub_edge import StubEdge

PATHS = ["/", "/collections/wool", "/product/lopapeysa", "/product/sheepskin", "/about", "/delivery", "/cart"]
IMAGES = Path(__file__).parents[2] / "static" / "demo" / "img"


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
async def test_every_page_speaks_every_language(shopper: Shopper, path: str, lang: str) -> None:
    page = await shopper.get(f"{path}?lang={lang}")
    assert page.status == 200
    assert f'<html lang="{lang}">' in page.text
    assert shopper.cookies["shop_lang"] == lang
    assert f'<html lang="{lang}">' in (await shopper.get(path)).text  # remembered


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,is;q=0.7,en;q=0.3", "is"),
        ("en;q=0.2, is;q=0.9", "is"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=x,*", "en"),
        ("", "en"),
    ],
)
def test_the_browser_is_asked_for_the_language(header: str, lang: str) -> None:
    assert words.choose(header) == lang


@pytest.mark.parametrize(
    ("lang", "name", "price"),
    [("en", "Wool hat", "€34.00"), ("de", "Wollmütze", "34,00\xa0€"), ("is", "Ullarhúfa", "34,00\xa0EUR")],
)
async def test_names_and_money_follow_the_language(
    shopper: Shopper, lang: str, name: str, price: str
) -> None:
    page = await shopper.get(f"/product/wool-hat?lang={lang}")
    assert name in page.text
    assert price in page.text


def test_every_text_is_there_in_every_language_with_the_same_places() -> None:
    for key, three in words.load().items():
        assert all(three), key
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in three]
        assert places[0] == places[1] == places[2], key


def test_every_product_is_translated_and_drawn() -> None:
    products = Catalog.load().products
    assert len(products) >= 12
    assert any(product.sold_out for product in products)
    assert any(o.sold_out for p in products if not p.sold_out for o in p.options)
    for product in products:
        assert set(product.text) == set(words.LANGUAGES), product.slug
        names = {text.story for text in product.text.values()}
        assert len(names) == 3, product.slug
        ET.parse(IMAGES / f"{product.slug}.svg")


async def test_sold_out_cannot_be_chosen(shopper: Shopper) -> None:
    assert '<form class="buy"' not in (await shopper.get("/product/sheepskin")).text
    sweater = (await shopper.get("/product/lopapeysa?size=xl")).text
    assert re.search(r'value="lopapeysa-xl" required disabled', sweater)
    assert " checked" not in sweater
    assert re.search(
        r'value="lopapeysa-m" required checked', (await shopper.get("/product/lopapeysa?size=m")).text
    )


async def test_pages_push_what_a_real_shop_pushes(shopper: Shopper) -> None:
    [listed] = (await shopper.get("/")).events
    assert (listed["event"], len(listed["ecommerce"]["items"])) == ("view_item_list", 12)
    [viewed] = (await shopper.get("/product/wool-hat?size=l")).events
    assert viewed["ecommerce"]["items"][0]["item_id"] == "wool-hat-l"
    await shopper.fill(wool_hat_m=2, enamel_mug=1)
    [begun] = (await shopper.get("/checkout")).events
    assert (begun["event"], begun["ecommerce"]["value"]) == ("begin_checkout", 84.5)
    assert len(begun["ecommerce"]["items"]) == 2


async def test_the_tag_is_pasted_with_preview_and_the_nonce(shopper: Shopper, edge: StubEdge) -> None:
    page = await shopper.get("/")
    nonce = re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce
    tag = f'<script async src="{edge.url}/s/demo.js" data-heimta-preview nonce="{nonce[1]}"></script>'
    assert tag in page.text
    assert page.text.index("window.heimta=window.heimta||function") < page.text.index(tag)
    assert "never dealt to the holdout" in page.text
    assert nonce[1] not in (await shopper.get("/")).text


async def test_an_honest_visit_has_no_preview(shopper: Shopper) -> None:
    await shopper.get("/?honest=1")
    page = await shopper.get("/cart")
    assert "data-heimta-preview" not in page.text
    assert "You visit as a real shopper" in page.text
    assert "data-heimta-preview" in (await shopper.get("/?honest=0")).text


@pytest.mark.parametrize(("choice", "said"), [("all", "true"), ("needed", "false")])
async def test_consent_is_asked_once_and_told_on_every_page(shopper: Shopper, choice: str, said: str) -> None:
    before = await shopper.get("/")
    assert "heimta('consent'" not in before.text
    assert "gtag('consent', 'default'" in before.text
    assert not re.search(r'id="consent"[^>]* hidden', before.text)
    reply = await shopper.form("/consent", choice=choice, back="/about")
    assert reply.location == "/about"
    after = await shopper.get("/")
    assert f"heimta('consent', {{ analytics: {said}, marketing: {said} }})" in after.text
    assert re.search(r'id="consent"[^>]* hidden', after.text)


async def test_the_policy_lets_in_only_the_shop_and_its_edge(shopper: Shopper, edge: StubEdge) -> None:
    policy = (await shopper.get("/")).headers["content-security-policy"].split("; ")
    assert f"connect-src 'self' {edge.url}" in policy
    assert {"img-src 'self' data:", "style-src 'self'", "object-src 'none'", "base-uri 'self'"} <= set(policy)
    assert not any("unsafe" in part for part in policy)


@pytest.mark.parametrize("path", [*PATHS, "/checkout", "/nope"])
async def test_no_page_needs_an_inline_style_or_handler(shopper: Shopper, path: str) -> None:
    await shopper.fill(wool_hat_m=1)
    text = (await shopper.get(path)).text
    assert not re.search(r"<[^>]+ (style|on\w+)=", text)
    assert "<style" not in text


async def test_forms_from_other_sites_are_refused(shopper: Shopper) -> None:
    reply = await shopper._call("POST", "/cart/add", b"{}", {"origin": "https://evil.example"})
    assert reply.status == 403


async def test_the_push_worker_is_copied_once(shopper: Shopper, edge: StubEdge) -> None:
    for _ in range(2):
        reply = await shopper.get("/heimta-sw.js?e=x&s=demo")
        assert (reply.status, reply.text) == (200, "// the push worker")
        assert reply.headers["content-type"].startswith("text/javascript")
    assert edge.worker_reads == 1


async def test_a_missing_worker_is_tried_again(shopper: Shopper, edge: StubEdge) -> None:
    await edge.server.close()
    assert (await shopper.get("/heimta-sw.js")).status == 503


@pytest.mark.parametrize("path", ["/nope", "/product/nope", "/collections/nope", "/thanks/1001"])
async def test_a_lost_shopper_finds_the_way_back(shopper: Shopper, path: str) -> None:
    page = await shopper.get(path)
    assert (page.status, "Lost in the fog" in page.text) == (404, True)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/site.webmanifest", "application/manifest+json"),
        ("/favicon.ico", "image/svg+xml"),
        ("/static/shop.js", "text/javascript"),
        ("/healthz", "text/plain"),
    ],
)
async def test_small_files_are_served(shopper: Shopper, path: str, kind: str) -> None:
    reply = await shopper.get(path)
    assert (reply.status, reply.headers["content-type"].split(";")[0]) == (200, kind)
