"""Opens a page of the demo shop on which one campaign shows: where it belongs, with a full cart."""

from __future__ import annotations

import json
from typing import Any, Literal

from msgspec import Struct, structs
from playwright.async_api import Browser, BrowserContext, Page

from heimta.demo.catalog import Catalog
from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent
from loadtest.look.place import MANY, Place

STEP_MS = 180_000  # for slow machines; nothing is timed by it
FULL = {"lopapeysa-m": 1, "wool-hat-s": 2, "enamel-mug": 1}
SMALL = {"wool-hat-s": 1, "wool-mittens-m": 1}  # short of free shipping
ORDER = {
    "email": "sigga@example.com", "name": "Sigga Jonsdottir", "street": "Hafnargata 2", "postcode": "230",
    "city": "Keflavik", "country": "IS", "delivery": "standard", "payment": "invoice",
}  # fmt: skip
# Its root is closed to pages; what looks in comes by the door that it leaves itself.
PEEK = (
    "{const open=Element.prototype.attachShadow;Element.prototype.attachShadow=function(how){"
    "return open.call(this,{...how,mode:'open'})}}"
)
# All of ours that is seen on a page: elements that only Heimta makes, but what waits unseen for its moment.
OURS = (
    "[...document.querySelectorAll('*')].filter((e) => e.localName.startsWith('heimta-')"
    " && !e.shadowRoot?.firstElementChild?.inert)"
)
# Nothing of ours is on its way: what has come is to be seen, and in reach.
SETTLED = (
    "![...document.querySelectorAll('*')].some((e) => e.localName.startsWith('heimta-')"
    " && e.shadowRoot?.firstElementChild?.inert)"
)


class Light(Struct, frozen=True):
    """What differs from one look to the next."""

    width: int = 1280
    height: int = 800
    scheme: Literal["light", "dark"] = "light"
    direction: Literal["ltr", "rtl"] = "ltr"
    motion: Literal["reduce", "no-preference"] = "reduce"
    lang: str = "en"


WIDE = Light()
PHONE = Light(390, 844)
NARROW = Light(320, 640)
DARK, RTL = structs.replace(WIDE, scheme="dark"), structs.replace(WIDE, direction="rtl")
MOVING = structs.replace(WIDE, motion="no-preference")


def skus_of(campaign: Campaign) -> dict[str, int]:
    """What is in the cart: little where the campaign is for those with little."""
    content = campaign.variants[0].content
    is_short = isinstance(content, CheckoutContent) and content.progress_before
    return SMALL if campaign.audience.max_cart_minor or is_short else FULL


def cart(lang: str, skus: dict[str, int]) -> dict[str, Any]:
    """The cart as the shop hands it in: heimta('cart', …)."""
    known = Catalog.load().variants
    lines = [
        {
            "sku": sku,
            "name": known[sku].name(lang),
            "qty": qty,
            "unit_minor": known[sku].product.price_minor,
            "image": known[sku].product.image,
            "url": known[sku].url,
        }
        for sku, qty in skus.items()
    ]
    total = sum(known[sku].product.price_minor * qty for sku, qty in skus.items())
    return {"currency": "EUR", "exponent": 2, "total_minor": total, "lines": lines}


def path_of(campaign: Campaign) -> str:
    """Where in the shop this belongs."""
    if campaign.trigger.on in ("checkout", "order"):
        return "/checkout" if campaign.trigger.on == "checkout" else "/thanks"
    if any(page.startswith("/cart") for page in campaign.audience.pages):
        return "/cart"
    layout = getattr(campaign.variants[0].content, "layout", "")
    return "/" if layout.startswith("bar") else "/product/lopapeysa"


def _before(light: Light, skus: dict[str, int]) -> str:
    """Runs before any script of the page: the cart is told, push is possible, the page reads as it should."""
    words = json.dumps(cart(light.lang if light.lang in ("en", "de", "is") else "en", skus))
    return (
        "localStorage.clear();"  # a new visitor each time: nobody is spared anything
        "window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)};"
        f"heimta('cart',{words});"
        "if(location.pathname.startsWith('/thanks'))heimta('order',{order:'1001'});"
        "heimta('plugin',(core)=>core.taps.push((what)=>{window.exposed||=what==='campaign_exposed'}));"
        "if(self.Notification){Object.defineProperty(Notification,'permission',{get:()=>'default'});"
        "Notification.requestPermission=async()=>'denied'}"
        "addEventListener('DOMContentLoaded',()=>{"
        f"document.documentElement.dir={light.direction!r};document.documentElement.lang={light.lang!r};"
        "document.querySelector('.demo-note')?.remove()});"  # what only a demo says
    )


async def visit(browser: Browser, at: Place, light: Light) -> BrowserContext:
    """A shopper who has agreed to everything; one window for many pages."""
    context = await browser.new_context(
        viewport={"width": light.width, "height": light.height},
        color_scheme=light.scheme,
        reduced_motion=light.motion,
        locale="en-GB",
    )
    context.set_default_timeout(STEP_MS)
    await context.add_cookies(
        [
            {"name": name, "value": value, "url": at.shop}
            for name, value in (("shop_consent", "all"), ("shop_lang", "en"))
        ]
    )
    return context


async def show(context: BrowserContext, at: Place, name: str, campaign: Campaign, light: Light) -> Page:
    """The page, once something of ours is to be seen on it and has stopped moving."""
    page = await enter(context, at, light, skus_of(campaign))
    path = path_of(campaign)
    if path == "/thanks":
        path = await _order(context, at)
    await page.goto(f"{at.shop}{path}?tag={name}")
    if path == "/checkout":
        await page.wait_for_function("window.exposed")
        await page.mouse.click(2, 300)  # what would push the page down waits for a first tap
        # And what stands within the page may be below the window's edge.
        await page.evaluate(f"{OURS}[0]?.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    await appear(page)
    return page


async def show_overlay(context: BrowserContext, at: Place, light: Light) -> Page:
    """A product's page with the merchant's overlay on it, whose root a test may look into."""
    page = await enter(context, at, light, FULL)
    await page.add_init_script(PEEK)
    await page.goto(f"{at.shop}/product/lopapeysa?tag={MANY}&heimta=debug")
    return page


async def enter(context: BrowserContext, at: Place, light: Light, skus: dict[str, int]) -> Page:
    """A page of theirs with this in the cart, of the shop's and of the snippet's; it is nowhere yet."""
    await _fill(context, at, skus)
    page = await context.new_page()
    await page.add_init_script(_before(light, skus))
    return page


async def _fill(context: BrowserContext, at: Place, skus: dict[str, int]) -> None:
    await context.clear_cookies(name="shop_cart")
    lines = ",".join(f"{sku}:{qty}" for sku, qty in skus.items())
    await (await context.request.get(f"{at.shop}/cart/{lines}")).dispose()


async def appear(page: Page) -> None:
    """Waits until it has shown, whole and at rest."""
    await page.wait_for_function(f"window.exposed && {SETTLED}")
    await rest(page)


async def rest(page: Page) -> None:
    """Pictures loaded, fonts there, nothing moving."""
    await page.evaluate(
        f"""async () => {{
          const inside = {OURS}.flatMap((host) => [...(host.shadowRoot?.querySelectorAll('*') || [])])
          const moving = [document, ...{OURS}.map((host) => host.shadowRoot).filter(Boolean)]
          await document.fonts.ready
          await Promise.all([...document.images, ...inside.filter((e) => e.localName === 'img')]
            .filter((img) => img.loading !== 'lazy').map((img) => img.decode().catch(() => 0)))
          await Promise.all(moving.flatMap((root) => root.getAnimations())
            .filter((one) => one.effect?.getTiming().iterations !== Infinity)
            .map((one) => one.finished.catch(() => 0)))
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        }}"""
    )


async def _order(context: BrowserContext, at: Place) -> str:
    """Buys what is in the cart. Returns the path of the page that says thanks."""
    form = await context.request.get(f"{at.shop}/checkout")
    total = (await form.text()).partition('name="total_minor" value="')[2].partition('"')[0]
    fields: dict[str, str | float | bool] = {**ORDER, "total_minor": total}
    bought = await context.request.post(f"{at.shop}/checkout", form=fields)
    assert "/thanks/" in bought.url, f"the order was not taken: {bought.status} {bought.url}"
    return bought.url.removeprefix(at.shop).partition("?")[0]
