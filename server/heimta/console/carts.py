"""How the shop's cart is read: the choice of a platform, and for any other shop the selectors.

Saved like every document, with the next version. What was there before rides along in the answer, so that one
button takes the change back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.console.form import read_own_form
from heimta.console.meanwhile import changed_in, marks
from heimta.console.shops import View, page, view_of
from heimta.model.documents import CartAdapter, Selectors, ShopDoc
from heimta.rules.apply import check
from heimta.rules.selectors import fault_of
from heimta.store import documents

# docs/platforms has a page for each.
ADAPTERS: dict[str, tuple[str, str]] = {
    "shopify": ("Shopify", "Reads the shop's own cart.js. The checkout itself cannot be seen."),
    "woocommerce": ("WooCommerce", "Classic and block themes: reads the Store API."),
    "magento": ("Magento 2", "Reads the customer data that the shop keeps in the browser."),
    "prestashop": ("PrestaShop", "1.7 to 9: reads the cart that the shop gives to its pages."),
    "shopware": ("Shopware 6", "Reads the storefront's cart.json."),
    "bigcommerce": ("BigCommerce", "Stencil themes: reads the Storefront API."),
    "opencart": ("OpenCart", "3 and 4: reads the cart in the header of the default theme."),
    "datalayer": (
        "Google Analytics 4",
        "Any shop that pushes GA4 e-commerce events into dataLayer, or calls gtag.",
    ),
    "api": ("Own calls", "The shop calls heimta('cart', …) itself."),
    "selectors": (
        "Any other shop",
        "Selectors say where the pages show the cart, or data-heimta-* attributes do.",
    ),
}

# group -> name -> (label, example)
FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Where the cart is shown": {
        "line": ("One line of the cart", ".cart-item"),
        "cart": ("What holds the lines, if a page shows them twice", "#cart"),
        "total": ("The total, before shipping", ".cart-total"),
        "empty": ("What is only seen when the cart is empty", ".cart-empty"),
        "code": ("The discount code in force", ".coupon-code"),
        "currency": ("The currency's three letters, if not always the shop's", "body@data-currency"),
    },
    "Within a line": {
        "sku": ("Article number", "@data-sku"),
        "name": ("Name", ".name"),
        "qty": ("How many", "input.qty@value"),
        "price": ("Price of one", ".price"),
        "line_total": ("Price of all of them", ".line-total"),
        "url": ("Address of the product", "a@href"),
        "image": ("Picture", "img@src"),
    },
    "On every page": {"count": ("How many pieces are in the cart", ".cart-count")},
    "On a product's page": {
        "product": ("What holds the product", ".product"),
        "product_sku": ("Article number", "@data-sku"),
        "product_name": ("Name", "h1"),
        "product_price": ("Price", ".price"),
        "product_image": ("Picture", "img@src"),
    },
    "On the thank-you page": {"order": ("The order's number", ".order-number")},
}


@dataclass(frozen=True)
class Typed:
    """The form as it was sent, or as the document fills it."""

    cart: str
    checkout: str
    selectors: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)  # by field

    def fields(self) -> dict[str, str]:
        """Everything a form needs to bring this back."""
        return {"platform": self.cart, "checkout": self.checkout, **self.selectors}


async def show_cart(request: Request) -> Response:
    view = await view_of(request)
    return _page(request, view, typed_of(view.shop))


async def save_cart(request: Request) -> Response:
    form = await read_own_form(request)
    view = await view_of(request)
    before = await documents.change_shop(
        view.desk.redis, view.shop.id, lambda shop: read(form, shop)[1], now=view.desk.clock()
    )
    if before is None:
        return _page(request, view, read(form, view.shop)[0], status=422)
    view = await view_of(request)
    return _page(request, view, typed_of(view.shop), before=typed_of(before))


def typed_of(shop: ShopDoc) -> Typed:
    given = shop.selectors or Selectors()
    return Typed(
        shop.cart, shop.urls.checkout, {name: getattr(given, name) for name in Selectors.__struct_fields__}
    )


def read(form: Mapping[str, str], shop: ShopDoc) -> tuple[Typed, ShopDoc | None]:
    """What was typed, and the shop's document with it; None instead of that when something is wrong."""
    now = typed_of(shop).fields()
    values = changed_in(form, {name: form.get(name, "").strip() for name in now}, now)
    selectors = {name: values[name] for name in Selectors.__struct_fields__}
    cart, checkout = values["platform"], values["checkout"]
    faults = {name: fault for name, value in selectors.items() if value and (fault := fault_of(value))}
    if cart not in get_args(CartAdapter):
        faults["platform"] = "choose one of these"
    if not checkout.startswith("/"):
        faults["checkout"] = "a path on the shop begins with a slash, as /checkout does"
    if cart != "selectors":
        faults = {name: fault for name, fault in faults.items() if name in ("platform", "checkout")}
    typed = Typed(cart, checkout, selectors, faults)
    if faults:
        return typed, None
    plain = msgspec.to_builtins(shop)
    plain["cart"], plain["selectors"] = cart, None
    plain["urls"] = {**plain.get("urls", {}), "checkout": checkout}
    if cart == "selectors" and any(selectors.values()):
        plain["selectors"] = {name: value for name, value in selectors.items() if value}
    try:
        changed = msgspec.convert(plain, ShopDoc, strict=True)
    except msgspec.ValidationError as error:
        return Typed(cart, checkout, selectors, {"platform": str(error)}), None
    if wrong := check(changed):
        return Typed(cart, checkout, selectors, {"platform": "; ".join(wrong)}), None
    return typed, changed


def _page(
    request: Request, view: View, typed: Typed, *, before: Typed | None = None, status: int = 200
) -> Response:
    """before: what was there until now, when this answers a change."""
    words: dict[str, object] = {"adapters": ADAPTERS, "groups": FIELDS, "typed": typed, "before": before}
    words["was"] = marks(typed_of(view.shop).fields())
    return page(request, view, "cart.html", "install", words, status)
