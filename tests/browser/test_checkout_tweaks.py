"""Each kind of help at three checkouts: the demo's, WooCommerce's and Magento's; before, with it, and after.

What is done is undone by one call, and then the page is what it was, to the byte (`as_before`). Fields for
money are not read, written, listened to or changed, whatever is on. Nothing moves under the shopper's eyes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checkout_shop import WITHIN_MS, arrive, as_before, checkout_shop, helps, undo
from tests.browser.snippet_shop import Edge, Json

pytestmark = pytest.mark.browser

SHOPS = ("demo", "woocommerce", "magento")
PLACES = {
    "demo": ".order-summary",
    "woocommerce": "#order_review .shop_table",
    "magento": ".opc-block-summary",
}
SECRET = "Aðalstræti 12"


def everything(shop: str) -> Json:
    near = PLACES[shop] if shop == "magento" else ""  # no pay button at its first step
    return {
        "hide": "auto", "fields": True, "errors": True, "remember": True, "summary": "auto", "coupon": "auto",
        "on_payment": True, "progress_before": PLACES[shop],
        "reassurance": [{"icon": "returns", "text": "30 days to return"}, {"icon": "lock", "text": "Safe"}],
        "reassurance_near": near,
        "delivery": {"cut_off": "15:00", "hours": ["09:00", "12:00"], "before": near},
    }  # fmt: skip


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with checkout_shop(bundles) as edge:
        yield edge


@contextmanager
def shopper(browser: Browser) -> Iterator[Page]:
    """A new one; at the end nothing may have been thrown, and no money touched."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    yield page
    found = page.evaluate("[window.errors, window.touched]")
    context.close()
    assert found == [[], []]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with shopper(chromium) as page:
        yield page


@pytest.fixture
def either(browser: Browser) -> Iterator[Page]:
    """In Chromium and in Firefox."""
    with shopper(browser) as page:
        yield page


def attributes(page: Page, *names: str) -> dict[str, list[str | None]]:
    """What browsers and phones are told of each field, by its name."""
    found: dict[str, list[str | None]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('input,select,textarea')].map((field) =>
          [field.name || field.id,
            ['autocomplete', 'inputmode', 'enterkeyhint'].map((name) => field.getAttribute(name))]))"""
    )
    return {name: found[name] for name in names}


@pytest.mark.parametrize("shop", SHOPS)
def test_everything_at_once_is_undone_by_one_call(
    either: Page, edge: Edge, bundles: dict[str, bytes], shop: str
) -> None:
    page = either
    helps(edge, bundles, everything(shop))
    arrive(page, edge, shop)
    assert page.evaluate("moved") == []
    page.locator("h1").click()  # from here on the page may move
    assert page.evaluate("look().page") != page.evaluate("before.page")
    for name in ("progress", "remember", "delivery", "reassurance"):
        expect(page.locator(f"heimta-{name}")).to_be_visible()
    undo(page)
    as_before(page)
    # Nothing of it hears, watches or ticks any more: the browser's own bubble is back.
    assert page.evaluate(
        """() => new Promise((done) => {
          const field = document.querySelector('input[type=email]')
          document.querySelector('button').dispatchEvent(new MouseEvent('click', {bubbles: true}))
          field.dispatchEvent(new Event('input', {bubbles: true}))
          field.dispatchEvent(new Event('focusout', {bubbles: true}))
          const wasKept = field.dispatchEvent(new Event('invalid', {cancelable: true}))
          setTimeout(() => done(wasKept), 50)
        })"""
    )
    as_before(page)


@pytest.mark.parametrize("shop", SHOPS)
def test_menus_and_links_out_go_and_what_the_law_wants_stays(
    page: Page, edge: Edge, bundles: dict[str, bytes], shop: str
) -> None:
    helps(edge, bundles, {"hide": "auto", "on_payment": True})
    arrive(page, edge, shop)
    gone, stays = {
        "demo": ([".site-nav", ".site-footer a[href^='/coll']"], [".brand", ".languages a", ".cart-link"]),
        "woocommerce": (
            ["#menu", "#foot-new"],
            ["#imprint", "#privacy", "#withdrawal", "#news", "#menu-help"],
        ),
        "magento": ([".navigation", "#foot-new"], [".logo", "#imprint", "#privacy", "#newsletter"]),
    }[shop]
    for selector in gone:
        expect(page.locator(selector).first).not_to_be_visible()
    for selector in stays:
        expect(page.locator(selector).first).to_be_visible()
    expect(page.locator("form[name=checkout],#checkout,.brand").first).to_be_visible()
    undo(page)
    as_before(page)


def test_fields_are_told_what_they_are_for(page: Page, edge: Edge, bundles: dict[str, bytes]) -> None:
    helps(edge, bundles, {"fields": True, "on_payment": True})
    arrive(page, edge, "magento")
    names = (
        "username",
        "firstname",
        "company",
        "street[0]",
        "street[1]",
        "postcode",
        "telephone",
        "country_id",
    )
    assert attributes(page, *names, "region_id", "discount_code", "password", "email") == {
        "username": ["email", None, "done"],
        "firstname": ["shipping given-name", None, "next"],
        "company": ["shipping organization", None, "next"],
        "street[0]": ["shipping address-line1", None, "next"],
        "street[1]": ["shipping address-line2", None, "next"],
        "postcode": ["shipping postal-code", "numeric", "next"],
        "telephone": ["tel", "tel", "done"],
        "country_id": ["shipping country", None, None],
        "region_id": ["shipping address-level1", None, None],
        "discount_code": [None, None, None],
        "password": ["off", None, None],
        "email": [None, None, None],  # the newsletter is not the checkout
    }
    undo(page)
    as_before(page)
    arrive(page, edge, "woocommerce")
    names = ("billing_first_name", "billing_last_name", "billing_address_1", "billing_email")
    assert attributes(page, *names, "billing_address_url_hp", "stripe-card-cvc") == {
        "billing_first_name": ["given-name", None, "next"],  # the shop's own
        "billing_last_name": ["billing family-name", None, "next"],  # it said `off`
        "billing_address_1": ["billing address-line1", None, "next"],
        "billing_email": ["email", None, "done"],  # two at once are none in the standard
        "billing_address_url_hp": ["off", None, None],  # a trap for robots
        "stripe-card-cvc": ["off", "numeric", None],
    }
    undo(page)
    as_before(page)


def test_errors_name_the_field_the_fault_and_the_way_out(
    either: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    page = either
    helps(edge, bundles, {"errors": True, "on_payment": True}, "de")
    arrive(page, edge, "woocommerce")
    mail, zip_code = page.locator("#billing_email"), page.locator("#billing_postcode")
    mail.click()
    page.keyboard.press("Tab")
    expect(page.locator("heimta-error")).to_have_count(0)  # nobody has typed yet
    mail.click()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    told = "E-Mail-Adresse: nicht vollständig. Eine Adresse sieht so aus: name@beispiel.de"
    expect(mail).to_have_accessible_description(told)
    expect(mail).to_have_attribute("aria-invalid", "true")
    expect(page.locator("heimta-said")).to_have_text(told)
    mail.click()
    page.keyboard.type("@wolle.example")
    expect(page.locator("heimta-error")).to_have_count(0)
    assert mail.get_attribute("aria-describedby") is None and mail.get_attribute("aria-invalid") is None
    # A form that checks itself goes to the shop all the same; its own words then take the place of ours.
    zip_code.fill("1011")
    page.locator("#place_order").click()
    assert page.evaluate("submits") == 1
    expect(page.locator("#billing_postcode_field heimta-error")).to_have_text(
        "Postleitzahl: passt nicht. Bitte die Ziffern und das Land prüfen. "
    )
    page.evaluate(
        """() => { const row = document.querySelector('#billing_postcode_field')
          const said = document.createElement('p')
          said.className = 'checkout-inline-error-message'
          said.textContent = 'Ungültige Postleitzahl.'
          row.append(said)
          row.querySelector('input').setAttribute('aria-invalid', 'true') }"""
    )
    expect(zip_code).to_have_accessible_description("Ungültige Postleitzahl.")
    expect(page.locator("heimta-error")).to_have_count(0)


def test_a_form_that_the_browser_checks_shows_every_error_and_leads_to_the_first(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    helps(edge, bundles, {"errors": True, "on_payment": True})
    arrive(page, edge, "demo")
    page.evaluate("document.querySelector('#checkout').noValidate = false")
    page.evaluate(
        "document.querySelector('#email').checkValidity()"
    )  # a script asks: that is nobody's answer
    expect(page.locator("heimta-error")).to_have_count(0)
    page.locator("#name").fill("Anna")
    page.locator("#checkout .button-big").click()
    expect(page.locator("#email")).to_be_focused()
    expect(page.locator("#email")).to_have_accessible_description(
        "E-mail is empty. Fill it in so that the confirmation can reach you."
    )
    assert page.locator("heimta-error").count() == 4
    assert page.evaluate("submits") == 0
    undo(page)
    page.evaluate("document.querySelector('#checkout').noValidate = true")
    page.locator("#name").fill("")
    as_before(page)


def test_errors_are_counted_once_a_field(page: Page, edge: Edge, bundles: dict[str, bytes]) -> None:
    helps(edge, bundles, {"errors": True, "on_payment": True})
    arrive(page, edge, "woocommerce")
    for _ in range(2):
        page.locator("#billing_email").fill("anna")
        page.locator("#billing_city").fill("Bonn")
    expect(page.locator("heimta-error")).to_have_count(1)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    [fields] = [p["fields"] for name, p in page.evaluate("told") if name == "checkout_fields"]
    assert [one["state"] for one in fields if one["kind"] == "email"] == ["error"]


def test_what_the_shop_has_found_wrong_is_tied_to_its_field(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    helps(edge, bundles, {"errors": True, "on_payment": True})
    arrive(page, edge, "magento")
    expect(page.locator("[name=lastname]")).to_have_accessible_description("This is a required field.")
    undo(page)
    as_before(page)


def test_the_browser_fills_in_only_for_those_who_have_ticked_it_and_tells_nobody(
    either: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    page = either
    helps(edge, bundles, {"remember": True, "on_payment": True})
    arrive(page, edge, "demo")
    page.locator("#street").fill(SECRET)
    page.locator("#card-number").evaluate(
        "(field) => field.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    arrive(page, edge, "demo")
    expect(page.locator("#street")).to_have_value("")
    page.locator("h1").click()
    page.locator("#email").fill("anna@wolle.example")
    page.locator("#street").fill(SECRET)
    box = page.get_by_role("checkbox", name="Fill this in for me next time")
    box.check()
    page.locator("#city").fill("Akureyri")
    page.locator("#country").select_option("DE")
    arrive(page, edge, "demo")
    expect(page.locator("#street")).to_have_value(SECRET)
    expect(page.locator("#city")).to_have_value("Akureyri")
    expect(page.locator("#country")).to_have_value("DE")
    kept = json.loads(page.evaluate("localStorage.heimta"))["fields"]
    assert kept == {
        "email": "anna@wolle.example", "shipping street-address": SECRET,
        "shipping address-level2": "Akureyri", "shipping country": "DE",
    }  # fmt: skip
    undo(page)
    as_before(page)  # what nobody has changed is taken out again
    arrive(page, edge, "demo")
    page.locator("h1").click()
    expect(box).to_be_checked()
    box.uncheck()
    page.wait_for_function("!JSON.parse(localStorage.heimta).fields", timeout=WITHIN_MS)
    box.check()
    page.wait_for_function("JSON.parse(localStorage.heimta).fields", timeout=WITHIN_MS)
    page.evaluate("heimta('consent', {analytics: false})")
    assert SECRET not in page.evaluate("JSON.stringify({...localStorage})")
    assert SECRET not in json.dumps(edge.batches)
    touched = page.evaluate("touched.splice(0)")
    assert [one for one in touched if not one.startswith("read ")] == []


def test_the_coupon_field_waits_behind_a_link(page: Page, edge: Edge, bundles: dict[str, bytes]) -> None:
    helps(edge, bundles, {"coupon": "auto", "on_payment": True})
    for shop, field in (("demo", "#code"), ("magento", "#discount-code")):
        arrive(page, edge, shop)
        expect(page.locator(field)).not_to_be_visible()
        page.get_by_role("button", name="Have a code?").focus()
        page.keyboard.press("Enter")
        expect(page.locator(field)).to_be_focused()
        undo(page)
        as_before(page)
        arrive(page, edge, shop, "?discount=TEN")
        expect(page.locator(field)).to_be_visible()
    arrive(page, edge, "woocommerce")  # folds its own
    expect(page.get_by_role("button", name="Have a code?")).to_have_count(0)


def test_the_order_stays_in_view(page: Page, edge: Edge, bundles: dict[str, bytes]) -> None:
    helps(edge, bundles, {"summary": "auto", "on_payment": True})
    arrive(page, edge, "magento")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.opc-block-summary')).position") == "sticky"
    )
    undo(page)
    as_before(page)
    page.set_viewport_size({"width": 390, "height": 700})
    arrive(page, edge, "magento")
    line = page.locator("heimta-summary summary")
    expect(line).to_be_visible()
    line.click()
    expect(page.locator("heimta-summary li")).to_have_text(
        ["2 \u00d7 Wollmütze€39.90", "1 \u00d7 Schal€49.90"]
    )
    page.locator("[name=city]").focus()
    expect(line).not_to_be_visible()  # nothing over a field that is being filled in
    page.evaluate(
        "document.activeElement.blur(); document.querySelector('.opc-block-summary').scrollIntoView()"
    )
    expect(line).not_to_be_visible()
    undo(page)
    as_before(page)


def test_what_the_shop_renders_anew_gets_its_help_back(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    """WooCommerce replaces the whole payment part at every change of the address."""
    helps(edge, bundles, {**everything("woocommerce"), "hide": []})
    arrive(page, edge, "woocommerce")
    page.locator("h1").click()
    page.evaluate(
        """() => { const part = document.querySelector('#payment'), fresh = part.cloneNode(true)
          for (const ours of fresh.querySelectorAll('heimta-delivery,heimta-reassurance')) ours.remove()
          part.replaceWith(fresh) }"""
    )
    assert page.locator("#payment heimta-delivery").count() == 1
    assert page.locator("#payment heimta-reassurance").count() == 1
    page.evaluate(
        """() => document.querySelector('.woocommerce-billing-fields__field-wrapper').append(Object.assign(
          document.createElement('input'), {id: 'late', name: 'billing_address_2'}))"""
    )
    expect(page.locator("#late")).to_have_attribute("autocomplete", "billing address-line2")
    page.evaluate("document.querySelector('#late').remove()")
    undo(page)
    as_before(page)


def test_where_the_shopper_pays_all_is_off_unless_it_is_wanted_there(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    wanted = {**everything("woocommerce"), "on_payment": False}
    helps(edge, bundles, wanted)
    arrive(page, edge, "woocommerce")  # it has fields for a card
    as_before(page)
    helps(edge, bundles, {**everything("magento"), "on_payment": False})
    arrive(page, edge, "magento")
    assert page.evaluate("look().page") != page.evaluate("before.page")
    page.evaluate("location.hash = 'payment'")
    page.wait_for_function("look().page === before.page", timeout=WITHIN_MS)
    page.evaluate("location.hash = 'shipping'")
    page.wait_for_function("look().page !== before.page", timeout=WITHIN_MS)
    page.evaluate(
        "document.querySelector('#co-shipping-form')"
        ".append(Object.assign(document.createElement('input'), {id: 'cc-number'}))"
    )
    page.wait_for_function("document.querySelector('[data-heimta-calm]') === null", timeout=WITHIN_MS)
    page.evaluate("touched.length = 0")
