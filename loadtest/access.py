"""`make access`: every template in every light, in two browsers: axe finds nothing, and a keyboard is enough.

TEMPLATES x (light, dark, right to left, 320 px, reduced motion) x (Chromium, Firefox). A view is what is
seen between two presses of the main button; each is looked at. NAMES="exit-reminder …" takes only some.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs
from playwright.async_api import Browser, async_playwright

from heimta.model.campaign import Campaign
from loadtest.deliver.browsers import chromium, firefox
from loadtest.look.pages import DARK, MOVING, NARROW, RTL, WIDE, Light, path_of, show, visit
from loadtest.look.place import QUIET, ROOT, Place, campaigns, place
from loadtest.look.walk import Found, own_faults, walk
from loadtest.verdict import Verdict, conclude

# Reduced motion is WIDE itself; the others move as they do for most.
LIGHTS: dict[str, Light] = {
    "light": MOVING,
    "dark": structs.replace(DARK, motion="no-preference"),
    "rtl": structs.replace(RTL, motion="no-preference"),
    "320": structs.replace(NARROW, motion="no-preference"),
    "still": WIDE,
}
Look = tuple[str, str]  # (template, light)


async def look(browser: Browser, at: Place, looks: Sequence[Look], shown: dict[str, Campaign]) -> Found:
    """One browser's part. A window for each light, a page for each template."""
    found = Found()
    known: dict[tuple[str, str], set[str]] = {}
    for light in dict.fromkeys(light for _, light in looks):
        context = await visit(browser, at, LIGHTS[light])
        for name in (name for name, its in looks if its == light):
            path = path_of(shown[name])
            page = await show(context, at, name, shown[name], LIGHTS[light])
            if (light, path) not in known:
                plain = await context.new_page()
                await plain.goto(page.url.replace(f"tag={name}", f"tag={QUIET}"))
                known[light, path] = await own_faults(plain)
                await plain.close()
                await page.bring_to_front()
            where = f"{browser.browser_type.name}, {light}, {name}"
            found.add(await walk(page, known[light, path]), where)
            await page.close()
        await context.close()
        print(f"{browser.browser_type.name}, {light}: {found.views} views so far", flush=True)
    return found


def verdicts(looks: int, found: Found) -> list[Verdict]:
    for kind, told in (("axe", found.broken), ("keyboard", found.faults), ("focus", found.taken)):
        for one in told:
            print(f"{kind}: {one}")
    return [
        Verdict("access-looks", looks, ">=", 100),
        Verdict("access-views", found.views, ">=", looks),
        Verdict("access-axe-violations", len(found.broken), "<=", 0),
        Verdict("access-keyboard-faults", len(found.faults), "<=", 0),
        Verdict("access-focus-taken", len(found.taken), "<=", 0),
    ]


async def main() -> int:
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True)
    shown = campaigns()
    names = os.environ.get("NAMES", "").split() or list(shown)
    looks = [(name, light) for light in LIGHTS for name in names]
    with tempfile.TemporaryDirectory(prefix="ha", ignore_cleanup_errors=True) as folder:
        async with (
            place(Path(folder), shown) as at,
            async_playwright() as playwright,
            await chromium(playwright) as one,
            await firefox(playwright) as other,
        ):
            both = await asyncio.gather(*(look(browser, at, looks, shown) for browser in (one, other)))
    found = Found()
    for part in both:
        found.add(part, "")
    return conclude(verdicts(2 * len(looks), found))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
