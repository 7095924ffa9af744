"""Bought through, as in test_platforms.py: hosted and small platforms, GA4, and shops of nobody's make."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.platform_shop import Platform, shop_and_buy
from tests.browser.platforms.bigcommerce import BigCommerce
from tests.browser.platforms.datalayer import DataLayer
from tests.browser.platforms.opencart import OpenCart3, OpenCart4, OpenCart41
from tests.browser.platforms.selectors import Attributes, FormPosts
from tests.browser.platforms.shopware import Shopware, Shopware67, Untold

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "platform",
    [Shopware, Shopware67, BigCommerce, OpenCart3, OpenCart4, OpenCart41, FormPosts, Attributes, DataLayer],
)
def test_the_cart_is_true_to_the_cent(platform: type[Platform], chromium: Browser, bundles: dict[str, bytes]):
    shop_and_buy(chromium, platform(), bundles)


def test_the_cart_is_true_to_the_cent_in_firefox(firefox: Browser, bundles: dict[str, bytes]):
    shop_and_buy(firefox, FormPosts(), bundles)


def test_a_cart_whose_currency_nobody_tells_is_not_told(chromium: Browser, bundles: dict[str, bytes]):
    shop_and_buy(chromium, Untold(), bundles)
