"""One firing of `make paint`: no request between gesture and paint, nothing moves. Its time is not judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from heimta.model.campaign import Trigger
from loadtest.deliver.browsers import chromium
from loadtest.look.place import place
from loadtest.paint import fire, leaving
from tests.browser.conftest import apart

pytestmark = pytest.mark.browser

SHOWN = ("exit-discount",)


def test_a_popup_paints_without_a_network_and_moves_nothing(
    bundles: dict[str, bytes], tmp_path: Path
) -> None:
    apart(paint_without_a_network(tmp_path))


async def paint_without_a_network(folder: Path) -> None:
    shown = {name: campaign for name, campaign in leaving().items() if name in SHOWN}
    async with (
        place(folder, shown, when=Trigger("exit")) as at,
        async_playwright() as playwright,
        await chromium(playwright) as browser,
    ):
        for name in SHOWN:
            fired = await fire(browser, at, name, slower=1)
            assert (fired.requests, fired.shift) == ((), 0), name
            assert fired.ms > 0
