"""Which pages are the checkout, as one regular expression for the snippet: for path and query.

One address cannot say it. Shops put a language before it (`/de/checkout`), other pages begin with the same
letters (`/order-history`), the cart may lie below it (Magento's `/checkout/cart/`), and Shopware's guests are
on another page than its customers.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from heimta.model.documents import ShopDoc

# As shops write it into paths: /de, /en-GB, /pt_br, /zh-hans.
LANGUAGE = "(/[a-zA-Z]{2}([-_][a-zA-Z]{2,4})?)?"
# Where a platform has more than the one page that a link leads to.
ALSO = {"shopware": ("/checkout/register", "/checkout/confirm")}


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
