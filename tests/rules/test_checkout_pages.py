"""Which pages count as the checkout: by the addresses of shops as their platforms make them."""

from __future__ import annotations

import json
import re
import subprocess

import msgspec
import pytest

from heimta.model.documents import ShopDoc
from heimta.rules.checkout_pages import checkout_pattern

MAGENTO = ("magento", "/checkout/cart/", "/checkout/")
OPENCART = ("opencart", "/index.php?route=checkout/cart", "/index.php?route=checkout/checkout")
PRESTA = ("prestashop", "/cart", "/order")
SHOPWARE = ("shopware", "/checkout/cart", "/checkout/confirm")
WOO = ("woocommerce", "/cart/", "/checkout/")
BELOW_CART = ("api", "/cart", "/cart/checkout")
ONE_PAGE = ("api", "/checkout", "/checkout")
ODD = ("api", "/cart", "/a+b(c)/für")

CASES = [
    (MAGENTO, "/checkout/", True),
    (MAGENTO, "/checkout/#payment", True),
    (MAGENTO, "/checkout/cart/", False),
    (MAGENTO, "/en/checkout/cart/configure/id/7/", False),
    (MAGENTO, "/tee.html", False),
    (BELOW_CART, "/cart/checkout/2", True),
    (BELOW_CART, "/cart", False),
    (ONE_PAGE, "/checkout?step=2", True),
    (OPENCART, "/index.php?route=checkout/checkout&language=en-gb", True),
    (OPENCART, "/index.php?route=checkout/cart", False),
    (OPENCART, "/indexXphp?route=checkout/checkout", False),
    (PRESTA, "/order", True),
    (PRESTA, "/en/order?step=1", True),
    (PRESTA, "/pt-br/order", True),
    (PRESTA, "/order-history", False),
    (PRESTA, "/order-confirmation?id_order=7", False),
    (PRESTA, "/orders", False),
    (PRESTA, "/shoes/order", False),
    (SHOPWARE, "/de/checkout/register", True),
    (SHOPWARE, "/checkout/confirm", True),
    (SHOPWARE, "/checkout/cart", False),
    (SHOPWARE, "/checkout/finish?orderId=7", False),
    (WOO, "/checkout/", True),
    (WOO, "/de/checkout/order-pay/7/?pay_for_order=true", True),
    (ODD, "/a+b(c)/f%C3%BCr", True),
    (ODD, "/aab(c)/f%C3%BCr", False),
]


def pattern(adapter: str, cart: str, checkout: str) -> str:
    raw = {
        "kind": "shop", "id": "demo", "name": "Demo", "origins": ["https://shop.example"], "currency": "EUR",
        "cart": adapter, "urls": {"cart": cart, "checkout": checkout},
    }  # fmt: skip
    return checkout_pattern(msgspec.convert(raw, ShopDoc))


@pytest.mark.parametrize(("shop", "page", "wanted"), CASES)
def test_a_page_is_the_checkout(shop: tuple[str, str, str], page: str, wanted: bool) -> None:
    assert bool(re.match(pattern(*shop), page)) is wanted


def test_browsers_read_the_patterns_alike() -> None:
    told = json.dumps([(pattern(*shop), page) for shop, page, _ in CASES])
    script = f"console.log(JSON.stringify({told}.map(([pattern, page]) => RegExp(pattern).test(page))))"
    answer = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == [wanted for _, _, wanted in CASES]
