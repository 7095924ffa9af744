"""Documents: what a merchant writes and `heimta apply` installs. docs/documents.md explains them.

Unknown keys are errors: a misspelt `holdout` must not be silently ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from heimta.model.audience import AdAudiences
from heimta.model.campaign import Attention, Campaign
from heimta.model.cart import Currency, Minor
from heimta.model.document import Document, Language, Path
from heimta.model.ids import Shop
from heimta.model.journey import Journey
from heimta.model.providers import Email, Facebook, Hook, ShopApi, Sms
from heimta.model.theme import Theme

# Where the edge answers for a shop besides /s/{shop}: `/assets/k7.js` is its snippet, `/assets/k7` its door.
OwnPath = Annotated[
    str,
    Meta(
        pattern=r"^(/[A-Za-z0-9_-]{1,40}){1,4}\Z",
        description="one to four parts of letters, digits, - and _, for example /assets/k7",
    ),
]
Domain = Annotated[
    str,
    Meta(
        pattern=r"^([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]*\Z",
        max_length=253,
        description="a host name without https://, for example my-shop.example",
    ),
]


class Urls(Document, frozen=True):
    """Where the shop does things. Paths on the shop's own origin.

    restore: `{lines}` becomes `sku:qty,sku:qty` (as Shopify's cart permalinks).
    apply: `{code}` becomes the discount code (as Shopify's /discount/CODE).
    """

    cart: Path = "/cart"
    checkout: Path = "/checkout"
    restore: Path = "/cart/{lines}"
    apply: Path = "/discount/{code}"


# Which file of the snippet a shop gets: snippet/src/main-<name>.ts. docs/platforms says what each reads.
CartAdapter = Literal[
    "datalayer",
    "api",
    "shopify",
    "woocommerce",
    "magento",
    "prestashop",
    "shopware",
    "bigcommerce",
    "opencart",
    "selectors",
]
# CSS, and after an @ the attribute to read instead of the text: img@src. '': the template's data-heimta-*.
MAX_SELECTOR = 300  # characters
Selector = Annotated[str, Meta(max_length=MAX_SELECTOR)]


class Selectors(Document, frozen=True):
    """Where a shop that nobody knows shows its cart (docs/platforms/selectors.md). With `cart: selectors`.

    cart, count, empty, total, code, currency: on the page. sku to image: within a line. product_*: within
    `product`. order: the order's number on the thank-you page.
    """

    cart: Selector = ""  # what holds the lines, where a page shows them twice
    count: Selector = ""  # how many pieces are in the cart, on every page
    empty: Selector = ""  # what is seen only when the cart is empty
    line: Selector = ""
    sku: Selector = ""
    name: Selector = ""
    qty: Selector = ""
    price: Selector = ""  # of one piece
    line_total: Selector = ""
    url: Selector = ""
    image: Selector = ""
    total: Selector = ""  # after discounts, before shipping
    code: Selector = ""
    currency: Selector = ""
    order: Selector = ""
    product: Selector = ""
    product_sku: Selector = ""
    product_name: Selector = ""
    product_price: Selector = ""
    product_image: Selector = ""


# What Heimta says by itself, in the shop's own words: `popup.label.close` -> language -> text.
WordKey = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]+(\.[a-z_]+){1,2}\Z",
        max_length=80,
        description="a name that `heimta words` prints, for example popup.accept",
    ),
]
Word = Annotated[str, Meta(min_length=1, max_length=500)]
Words = Annotated[dict[WordKey, dict[Language, Word]], Meta(max_length=300)]


class Push(Document, frozen=True):
    subject: Annotated[
        str,
        Meta(
            pattern="^(mailto:|https://)",
            description="an address to reach you at, for example mailto:me@my-shop.example",
        ),
    ]  # RFC 8292 section 2.1
    service_worker: Path = "/heimta-sw.js"


class ShopDoc(Document, frozen=True, tag_field="kind", tag="shop"):
    id: Shop
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    origins: Annotated[
        tuple[
            Annotated[
                str,
                Meta(
                    pattern=r"^https?://[^/]+\Z",
                    description="an address without a path or a slash at its end, for example https://my-shop.example",
                ),
            ],
            ...,
        ],
        Meta(min_length=1, max_length=20),
    ]
    currency: Currency
    languages: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)] = ("en",)
    timezone: str = "UTC"
    cart: CartAdapter = "datalayer"
    selectors: Selectors | None = None
    consent: Literal["ask", "implied"] = "ask"
    abandoned_after_min: Annotated[float, Meta(gt=0, le=1440)] = 30
    free_shipping_minor: Minor | None = None
    urls: Urls = field(default_factory=Urls)
    own_path: OwnPath | None = None
    cookie_domain: Domain | None = None  # the edge is on it too, and sets the visitor's cookie itself
    push: Push | None = None
    email: Email | None = None
    sms: Sms | None = None
    facebook: Facebook | None = None  # Messenger and custom audiences
    hook: Hook | None = None
    shop_api: ShopApi | None = None  # where coupons with `at_shop` are made
    ad_audiences: AdAudiences = field(default_factory=dict)  # by the name that journeys call them
    theme: Theme = field(default_factory=Theme)
    words: Words = field(default_factory=dict)
    attention: Attention = field(default_factory=Attention)


AnyDocument = ShopDoc | Campaign | Journey
