"""Which pages are the checkout, as one regular expression for the snippet: for path and query.

One address cannot say it. Shops put a language before it (`/de/checkout`), other pages begin with the same
letters (`/order-history`), the cart may lie below it (Magento's `/checkout/cart/`), and Shopware's guests are
on another page than its customers.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from heimta.model.documents import ShopDoc

# As shops write it into paths: /de, /en-GB, /pt_br, /zh-hans.
LANGUAGE = "(/[a-zA-Z]{2}([-_][a-zA-Z]{2,4})?)?"
# Where a platform has more than the one page that a link leads to.
ALSO = {"shopware": ("/checkout/register", "/checkout/confirm")}


# All of them, among a campaign's pages (snippet/src/stage/audience.ts). No path is like it.
MARK = "checkout"


def marked(audience: dict[str, Any], shop: ShopDoc) -> dict[str, Any]:
    """A compiled audience in which `urls.checkout` and a * is the mark: a glob is held against the path.

    So templates ask (rules/templates), and merchants: the address they know, and all that is below it.
    """
    every = shop.urls.checkout + "*"
    return audience | {
        name: [MARK if glob == every else glob for glob in audience[name]]
        for name in ("pages", "not_pages")
        if every in audience.get(name, ())
    }


def checkout_pattern(shop: ShopDoc) -> str:
    """For JavaScript's RegExp, without flags; Python's `re` reads it alike."""
    checkout, cart = shop.urls.checkout, shop.urls.cart
    pages = sorted({checkout, *ALSO.get(shop.cart, ())})
    ways = "|".join(_begins(page) for page in pages)
    but = f"(?!{_begins(cart)})" if cart.startswith(checkout) and cart != checkout else ""
    return f"^{LANGUAGE}{but}({ways})"


def _begins(address: str) -> str:
    """An address and what lies below it; not another that only begins with the same letters."""
    written = quote(address, safe="/?=&%:+,;@~!$'()*[]-._")  # as browsers do
    plain = re.sub(r"[\\^$.*+?()[\]{}|]", r"\\\g<0>", written)
    return plain + (r"(?![\w-])" if re.search(r"[\w-]$", written) else "")
