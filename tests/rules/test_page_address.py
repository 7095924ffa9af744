"""What opens an order, a cart or an account leaves an address; what names a page stays."""

from __future__ import annotations

import pytest

from heimta.rules.page_address import closed


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("/p/hat?size=m&start=2", "/p/hat?size=m&start=2"),
        ("/index.php?route=product/product&product_id=7", "/index.php?route=product/product&product_id=7"),
        ("/checkout-link/?products=7:1&session=eyJhbGciOi.x", "/checkout-link/?products=7:1&"),
        ("/thanks?payment_intent_client_secret=pi_1_secret_2&n=3", "/thanks?payment_intent_client_&n=3"),
        ("/customer/account/createPassword/?Token=abc#top", "/customer/account/createPassword/?#top"),
        ("/account/recover/password?hash=abc", "/account/recover/password?"),
        ("/kasse/bestellt/7/?key=wc_order_1&t=2", "/kasse/bestellt/7/?&"),
    ],
)
def test_an_address_opens_nothing(address: str, left: str):
    assert closed(address) == left
