"""Bought through: the cart of every platform is true to the cent at every step, each change told once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.platform_shop import Platform, shop_and_buy
from tests.browser.platforms.magento import Magento, MagentoTaxed
from tests.browser.platforms.prestashop import PrestaShop
from tests.browser.platforms.shopify import Shopify
from tests.browser.platforms.woocommerce import WooBlocks, WooClassic

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("platform", [Shopify, WooClassic, WooBlocks, Magento, MagentoTaxed, PrestaShop])
def test_the_cart_is_true_to_the_cent(platform: type[Platform], chromium: Browser, bundles: dict[str, bytes]):
    shop_and_buy(chromium, platform(), bundles)


def test_the_cart_is_true_to_the_cent_in_firefox(firefox: Browser, bundles: dict[str, bytes]):
    shop_and_buy(firefox, WooBlocks(), bundles)
