"""`make gallery`: a picture of every template, wide and on a phone, over a real page of the demo shop.

Writes docs/pictures/gallery/*.webp and docs/gallery.md. NAMES="exit-reminder …" takes only some, and leaves
the page as it is. Dark and right-to-left are shown on a few: `make access` walks through all of them.
"""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from heimta.model.campaign import Campaign
from loadtest.deliver.browsers import chromium
from loadtest.look import book
from loadtest.look.arabic import in_arabic
from loadtest.look.pages import PHONE, WIDE, Light, show, visit
from loadtest.look.place import ROOT, Place, campaigns, place
from loadtest.verdict import Verdict, conclude

PICTURES = ROOT / "docs/pictures/gallery"
QUALITY = 80
MOST_BYTES = 3_000_000
LANES = 2


async def picture_of(page: Page) -> bytes:
    """A WebP of what is in the window; Chromium writes it itself, a fifth of the PNG."""
    session = await page.context.new_cdp_session(page)
    shot = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(shot["data"])


async def portray(
    browser: Browser, at: Place, light: Light, wanted: dict[str, str], shown: dict[str, Campaign]
) -> None:
    """wanted: name of the campaign -> name of the picture."""
    context = await visit(browser, at, light)
    for name, picture in wanted.items():
        page = await show(context, at, name, shown[name], light)
        (PICTURES / f"{picture}.webp").write_bytes(await picture_of(page))
        print(picture, flush=True)
        await page.close()
    await context.close()


async def main() -> int:
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True)
    shown = campaigns()
    only = os.environ.get("NAMES", "").split() or list(shown)
    foreign = {f"{name}-ar": in_arabic(shown[name]) for name in book.RTL}
    jobs: list[tuple[Light, dict[str, str]]] = [
        (WIDE, {name: f"{name}-wide" for name in only}),
        (PHONE, {name: f"{name}-phone" for name in only}),
    ]
    for light, name in book.samples():
        real = f"{name}-ar" if light.direction == "rtl" else name
        if name in only:
            jobs.append((light, {real: book.picture_of(light, name)}))
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hg", ignore_cleanup_errors=True) as folder:
        async with (
            place(Path(folder), {**shown, **foreign}) as at,
            async_playwright() as playwright,
            await chromium(playwright) as browser,
        ):
            free = asyncio.Semaphore(LANES)

            async def one(light: Light, wanted: dict[str, str]) -> None:
                async with free:
                    await portray(browser, at, light, wanted, {**shown, **foreign})

            await asyncio.gather(*(one(light, wanted) for light, wanted in jobs))
    if only == list(shown):
        wanted_files = {f"{picture}.webp" for _, wanted in jobs for picture in wanted.values()}
        for file in PICTURES.glob("*.webp"):
            if file.name not in wanted_files:
                file.unlink()  # of a template that is gone
        (ROOT / "docs/gallery.md").write_text(book.page(shown))
    size = sum(file.stat().st_size for file in PICTURES.glob("*.webp"))
    return conclude(
        [
            Verdict("gallery-pictures", sum(len(wanted) for _, wanted in jobs), ">=", 2 * len(only)),
            Verdict("gallery-bytes", size, "<=", MOST_BYTES),
        ]
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
