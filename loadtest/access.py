"""`make access`: every template in every light, in two browsers: axe finds nothing, and a keyboard is enough.

(Templates, and the merchant's overlay) x (light, dark, right to left, 320 px, reduced motion) x (Chromium,
Firefox). A view is what is seen between two presses of the main button; each is looked at. NAMES and LIGHTS
take only some: NAMES="exit-reminder wheel" LIGHTS="dark 320". A look that comes to no end is told, and gets
one more try: on a busy machine a browser may stand still, and a widget that does so does it twice.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs
from playwright.async_api import Browser, BrowserContext, TimeoutError, async_playwright

from heimta.model.campaign import Campaign
from loadtest.deliver.browsers import chromium, firefox
from loadtest.look.pages import DARK, MOVING, NARROW, RTL, WIDE, Light, path_of, show, show_overlay, visit
from loadtest.look.place import QUIET, ROOT, Place, campaigns, place
from loadtest.look.walk import Found, overlay, own_faults, walk
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
OVERLAY = "debug-overlay"  # in place of a template's name
TRIES = 2
NONE = "none"  # so that a page without faults of its own is known too


async def look(browser: Browser, at: Place, looks: Sequence[Look], shown: dict[str, Campaign]) -> Found:
    """One browser's part. A window for each light, a page for each template."""
    found = Found()
    for light in dict.fromkeys(light for _, light in looks):
        names = [name for name, its in looks if its == light]
        found.add(await _in_light(browser, at, light, names, shown), f"{browser.browser_type.name}, {light}")
        print(f"{browser.browser_type.name}, {light}: {found.views} views so far", flush=True)
    return found


async def _in_light(
    browser: Browser, at: Place, light: str, names: Sequence[str], shown: dict[str, Campaign]
) -> Found:
    found = Found()
    known: dict[str, set[str]] = {}
    context = await visit(browser, at, LIGHTS[light])
    for name in names:
        where = f"{browser.browser_type.name}, {light}, {name}"
        path = "/product/lopapeysa" if name == OVERLAY else path_of(shown[name])
        for tries in range(1, TRIES + 1):
            try:
                seen = await _one(context, at, LIGHTS[light], name, shown, known.setdefault(path, set()))
                _tell(seen, where)
                found.add(seen, name)
                break
            except TimeoutError as fault:
                print(f"no end: {where}, try {tries}: {fault.message.splitlines()[0]}", flush=True)
                if tries == TRIES:
                    found.faults.append(f"{name}: it came to no end, {TRIES} times: {fault.message}")
                await context.close()
                context = await visit(browser, at, LIGHTS[light])
    await context.close()
    return found


def _tell(found: Found, where: str) -> None:
    """At once: all of it takes half an hour."""
    for kind, told in (("axe", found.broken), ("keyboard", found.faults), ("focus", found.taken)):
        for one in told:
            print(f"{kind}: {where}: {one}", flush=True)


async def _one(
    context: BrowserContext, at: Place, light: Light, name: str, shown: dict[str, Campaign], known: set[str]
) -> Found:
    """One look. known: faults that the page has of its own; they are found out while it is empty."""
    if name == OVERLAY:
        page = await show_overlay(context, at, light)
    else:
        page = await show(context, at, name, shown[name], light)
    if not known:
        plain = await context.new_page()
        await plain.goto(re.sub(r"tag=[^&]+.*", f"tag={QUIET}", page.url))
        known |= {NONE, *await own_faults(plain)}
        await plain.close()
        await page.bring_to_front()
    found = await (overlay if name == OVERLAY else walk)(page, known)
    await page.close()
    return found


def verdicts(looks: int, found: Found) -> list[Verdict]:
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
    names = os.environ.get("NAMES", "").split() or [*shown, OVERLAY]
    lights = os.environ.get("LIGHTS", "").split() or list(LIGHTS)
    looks = [(name, light) for light in lights for name in names]
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
