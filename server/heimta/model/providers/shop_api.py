"""The shop's own admin API, where coupons are made. Secret: `shopify_token` (`CLIENT_ID:CLIENT_SECRET` of an
app with the scope write_discounts, or an Admin API access token that has it), or `woocommerce_key`
(`ck_…:cs_…`, with read and write).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.document import Document


class ShopApi(Document, frozen=True):
    """url: `https://my-shop.myshopify.com`, or where WordPress is, with its folder. version: Shopify's."""

    platform: Literal["shopify", "woocommerce"]
    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^/?#\s]+(/[^/?#\s]+)*\Z",
            max_length=300,
            description="an address without a slash at its end, for example https://my-shop.example",
        ),
    ]
    version: Annotated[
        str,
        Meta(
            pattern=r"^20\d\d-(01|04|07|10)\Z", description="a version of Shopify's API, for example 2026-10"
        ),
    ] = "2026-10"

    @property
    def secret(self) -> str:
        return "shopify_token" if self.platform == "shopify" else "woocommerce_key"
