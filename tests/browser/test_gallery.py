"""Templates beside their stored pictures (docs/pictures/gallery): what is where, in which colours.

Letters may be drawn otherwise on another machine. So the card is compared in blocks of 16 px by their mean
colour, of which a few may differ; and a change that a shopper would see is shown to be found.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from msgspec import structs
from playwright.async_api import Browser, Page, async_playwright

from heimta.model.campaign import Campaign
from heimta.model.theme import ThemeChange
from loadtest.deliver.browsers import chromium
from loadtest.gallery import PICTURES, picture_of
from loadtest.look.pages import OURS, PHONE, WIDE, Light, show, visit
from loadtest.look.place import Place, campaigns, place
from tests.browser.conftest import apart

pytestmark = pytest.mark.browser

BLOCK_PX, TOLD_APART = 16, 40  # of 255, the mean of a block in any channel
MAY_DIFFER = 0.03  # of the blocks
# Name, light, stored picture.
SHOWN = [
    ("exit-reminder", WIDE, "exit-reminder-wide"),
    ("why-leaving", PHONE, "why-leaving-phone"),
    ("offer-bar", WIDE, "offer-bar-wide"),
]
COMPARE = """async ([now, then, box, block, apart]) => {
  const means = async (data) => {
    const img = new Image()
    img.src = 'data:image/webp;base64,' + data
    await img.decode()
    const [w, h] = [Math.ceil(box.width / block), Math.ceil(box.height / block)]
    const canvas = new OffscreenCanvas(box.width, box.height).getContext('2d')
    canvas.drawImage(img, -box.x, -box.y)
    const found = []
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const { data } = canvas.getImageData(x * block, y * block, block, block)
        const sum = [0, 0, 0]
        for (let i = 0; i < data.length; i++) if (i % 4 < 3) sum[i % 4] += data[i]
        found.push(sum.map((one) => one / block / block))
      }
    return found
  }
  const [a, b] = [await means(now), await means(then)]
  return a.filter((mean, n) => mean.some((value, i) => Math.abs(value - b[n][i]) > apart)).length / a.length
}"""


async def difference(
    browser: Browser, at: Place, light: Light, name: str, shown: Campaign, stored: str
) -> float:
    """The share of the card's blocks that are not as in the picture."""
    context = await visit(browser, at, light)
    page = await show(context, at, name, shown, light)
    box = await page.evaluate(
        f"(({{x, y, width, height}}) => ({{x, y, width, height}}))"
        f"({OURS}[0].shadowRoot.querySelector('[role=dialog],aside').getBoundingClientRect())"
    )
    now, then = await picture_of(page), (PICTURES / f"{stored}.webp").read_bytes()
    apart = await _compare(page, now, then, box)
    await context.close()
    return apart


async def _compare(page: Page, now: bytes, then: bytes, box: dict[str, float]) -> float:
    pictures = [base64.b64encode(one).decode() for one in (now, then)]
    whole = {key: round(value) for key, value in box.items()}
    return float(await page.evaluate(COMPARE, [*pictures, whole, BLOCK_PX, TOLD_APART]))


def test_templates_look_as_in_the_gallery_and_a_change_is_seen(
    bundles: dict[str, bytes], tmp_path: Path
) -> None:
    apart(look_at_templates_and_a_change(tmp_path))


async def look_at_templates_and_a_change(folder: Path) -> None:
    shown = {name: campaigns()[name] for name, _, _ in SHOWN}
    reminder = shown["exit-reminder"]
    variant = reminder.variants[0]
    bare = structs.replace(variant, content=structs.replace(variant.content, show_cart=False))
    planted = {
        "other-colour": structs.replace(reminder, theme=ThemeChange(accent="#8a1c3b")),
        "no-cart": structs.replace(reminder, variants=(bare,)),
    }
    async with (
        place(folder, {**shown, **planted}) as at,
        async_playwright() as playwright,
        await chromium(playwright) as browser,
    ):
        as_stored = [difference(browser, at, light, name, shown[name], file) for name, light, file in SHOWN]
        changed = [
            difference(browser, at, WIDE, name, campaign, "exit-reminder-wide")
            for name, campaign in planted.items()
        ]
        found = await asyncio.gather(*as_stored, *changed)
    assert max(found[: len(SHOWN)]) <= MAY_DIFFER, dict(zip(SHOWN, found, strict=False))
    assert min(found[len(SHOWN) :]) > MAY_DIFFER, "a change that anybody would see"
