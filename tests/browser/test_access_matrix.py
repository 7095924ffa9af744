"""A seeded part of `make access`: templates in three of the lights, seen by axe, walked through by key."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from heimta.rules.templates import templates
from loadtest.access import look
from loadtest.deliver.browsers import chromium
from loadtest.look.place import campaigns, place
from loadtest.look.walk import Found
from tests.browser.conftest import apart

pytestmark = pytest.mark.browser

DRAWN = random.Random(11)
LOOKS = (("popup", "dark"), ("survey", "rtl"), ("push", "320"))


def test_a_template_can_be_used_in_any_light(bundles: dict[str, bytes], tmp_path: Path) -> None:
    apart(use_some(tmp_path))


async def use_some(folder: Path) -> None:
    shown = campaigns()
    by_kind = {kind: [name for name in shown if templates()[name].widget == kind] for kind, _ in LOOKS}
    looks = [(DRAWN.choice(by_kind[kind]), light) for kind, light in LOOKS]
    async with (
        place(folder, {name: shown[name] for name, _ in looks}) as at,
        async_playwright() as playwright,
        await chromium(playwright) as browser,
    ):
        walked = await asyncio.gather(*(look(browser, at, [one], shown) for one in looks))
    found = Found()
    for part in walked:
        found.add(part, "")
    assert (found.broken, found.faults, found.taken) == ([], [], [])
    assert found.views >= len(looks)
