"""A checkout that the shop renders anew, or that is another one by what is chosen, while help is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checkout_shop import arrive, as_before, checkout_page, checkout_shop, helps, undo
from tests.browser.snippet_shop import Edge

pytestmark = pytest.mark.browser

SOON_MS = 300  # within this much a change of the page has been looked at
ZIP = "#billing_postcode"


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with checkout_shop(bundles) as edge:
        yield edge


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with checkout_page(chromium, height=900) as page:
        yield page


def test_a_postcode_can_be_typed_whatever_the_country(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    """A phone's number pad has no letters, and no way to them."""
    helps(edge, bundles, {"fields": True, "on_payment": True})
    arrive(page, edge, "magento")
    country, zip_code = page.locator("[name=country_id]"), page.locator("[name=postcode]")
    country.evaluate("(list) => list.add(new Option('United Kingdom', 'GB'))")
    expect(zip_code).to_have_attribute("inputmode", "numeric")
    for chosen, keys in (("GB", "text"), ("DE", "numeric"), ("GB", "text"), ("US", "numeric")):
        country.select_option(chosen)
        expect(zip_code).to_have_attribute("inputmode", keys)
    country.evaluate("(list) => list.lastChild.remove()")
    undo(page)
    as_before(page)


def test_words_about_a_field_go_with_it(page: Page, edge: Edge, bundles: dict[str, bytes]) -> None:
    helps(edge, bundles, {"errors": True, "on_payment": True})
    arrive(page, edge, "woocommerce")
    said = page.locator("heimta-error")

    def leave_it_wrong() -> None:
        page.locator(ZIP).press_sequentially("1")
        page.locator(ZIP).blur()
        expect(said).to_be_visible()

    leave_it_wrong()
    # By a shop that keeps what it knows and removes what it does not (morphdom, as Hyvä's checkout does).
    said.evaluate("(note) => note.remove()")
    expect(page.locator(ZIP)).not_to_have_attribute("aria-invalid", "true")
    leave_it_wrong()
    # By another field in its place, as for another country.
    page.locator(ZIP).evaluate("(field) => field.replaceWith(field.cloneNode())")
    expect(said).to_have_count(0)
    # By the next step, which the press that left the field leads to: nobody hears of what is gone.
    page.evaluate("document.querySelector('heimta-said').textContent = ''")
    page.locator(ZIP).press_sequentially("1")
    page.locator(ZIP).evaluate("(field) => { field.blur(); field.closest('form').remove() }")
    page.wait_for_timeout(SOON_MS)
    expect(page.locator("heimta-said")).to_be_empty()


def test_an_enter_that_sends_nothing_asks_for_nothing(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    """Many shops look at each key whether the button may be pressed."""
    helps(edge, bundles, {"errors": True, "on_payment": True})
    arrive(page, edge, "woocommerce")
    page.locator(ZIP).evaluate(
        """(field) => {
          field.required = true
          addEventListener('input', () => field.form.checkValidity())
          document.querySelector('#billing_city').onkeydown = ({key}) => key !== 'Enter'
        }"""
    )
    for field in (
        "#order_comments",
        "#billing_city",
    ):  # there it takes what the shop's list of streets offers
        page.locator(field).press("Enter")
        page.locator(field).press("a")
    page.wait_for_timeout(SOON_MS)
    expect(page.locator("#billing_city")).to_be_focused()
    assert page.locator("heimta-error").count() == 0


@pytest.mark.parametrize("what", ["box", "link"])
def test_a_code_can_be_entered_whatever_is_rendered_anew(
    page: Page, edge: Edge, bundles: dict[str, bytes], what: str
) -> None:
    helps(edge, bundles, {"coupon": "auto", "on_payment": True})
    arrive(page, edge, "demo")
    expect(page.locator("#code")).not_to_be_visible()
    page.locator("[data-heimta-coupon]").evaluate(
        """(box, what) => {
          if (what === 'link') return box.previousElementSibling.remove()
          const fresh = box.cloneNode(true)
          fresh.removeAttribute('data-heimta-coupon')
          box.replaceWith(fresh)
        }""",
        what,
    )
    expect(page.locator("heimta-coupon")).to_have_count(0)
    expect(page.locator("#code")).to_be_visible()


def test_an_order_that_is_rendered_anew_is_still_in_view(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    helps(edge, bundles, {"summary": "auto", "on_payment": True})
    page.set_viewport_size({"width": 390, "height": 700})
    arrive(page, edge, "magento")
    line = page.locator("heimta-summary summary")
    expect(line).to_be_visible()
    page.evaluate(
        """() => { const own = document.querySelector('.opc-block-summary')
          own.replaceWith(own.cloneNode(true))
          document.querySelector('.opc-block-summary').scrollIntoView() }"""
    )
    expect(line).not_to_be_visible()


def test_fields_that_are_filled_in_at_once_are_looked_at_once(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    """The browser fills in an address in one task; all fields at each of them took a slow phone 0.2 s."""
    helps(edge, bundles, {"fields": True, "errors": True, "remember": True, "on_payment": True})
    arrive(page, edge, "woocommerce")
    page.locator("h1").click()
    page.get_by_role("checkbox", name="Fill this in for me next time").check()
    fields, looks = page.evaluate(
        """() => {
          const {getBoundingClientRect} = Element.prototype
          let looks = 0
          Element.prototype.getBoundingClientRect = function () {
            looks++
            return getBoundingClientRect.call(this)
          }
          const fields = document.querySelectorAll('#customer_details input')
          for (const field of fields)
            for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, {bubbles: true}))
          Element.prototype.getBoundingClientRect = getBoundingClientRect
          return [fields.length, looks]
        }"""
    )
    assert fields > 7
    assert looks <= 2 * fields


def test_another_body_in_place_of_the_pages_own_is_helped_too(
    page: Page, edge: Edge, bundles: dict[str, bytes]
) -> None:
    """As Turbo does it: the address changes first, and the page of before is still there."""
    helps(edge, bundles, {"fields": True, "summary": "auto", "remember": True, "on_payment": True})
    arrive(page, edge, "magento")
    page.locator("h1").click()
    expect(page.locator("heimta-remember")).to_have_count(1)
    page.evaluate(
        """() => {
            const body = new DOMParser().parseFromString(document.body.outerHTML, 'text/html').body
            for (const one of body.querySelectorAll('[inputmode]')) one.removeAttribute('inputmode')
            for (const ours of body.querySelectorAll('heimta-remember,heimta-summary')) ours.remove()
            document.body.replaceWith(body)
        }"""
    )
    expect(page.locator("[name=postcode]")).to_have_attribute("inputmode", "numeric")
    expect(page.locator("heimta-summary")).to_have_count(1)
    page.locator("h1").click()
    expect(page.locator("heimta-remember")).to_have_count(1)
    undo(page)
    expect(page.locator("heimta-remember,heimta-summary")).to_have_count(0)
