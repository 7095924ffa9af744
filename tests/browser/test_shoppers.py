"""Seeded shoppers in a real browser; then the console tells what the shop itself knows, to the cent.

Eight of them; SHOPPERS=50 in the environment makes the whole run of fifty.

Each shopper has a browser context of its own. Some only look, some order, some leave a cart behind for
good, some leave it and order after the silence. Nobody is told to Heimta but by the shop's pages and
its webhook.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from heimta.model.visitor import VisitorState
from heimta.store.connect import connect
from loadtest.deliver.browsers import chromium_options
from tests.stack import ADDRESS, LOGIN, PASSWORD, Stack, stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOPPERS = int(os.environ.get("SHOPPERS", "8"))
SEED = 20261121
AT_ONCE = 5
PATIENT_S = 3600.0  # while those who order at once do so: however slow the machine, no cart is left
LOOKS_S = 10.0  # edge and worker look for new documents once a second; beside other tests it was over three
STAYS_S = 60.0  # at most, on the cart page
AWAY_S = 120.0  # at most
SILENCE_S = 10.0  # for those who leave their cart; each of them changes it once
SKUS = ["wool-hat-m", "lopapeysa-s", "wool-hat-s", "lopapeysa-m"]

Story = Literal["looks", "orders", "leaves", "returns"]


@dataclass
class Shopper:
    """What one shopper does, and what the shop showed them at the end."""

    story: Story
    skus: list[str]
    visitor: str = ""
    cart_minor: int = 0  # by the shop's own cart, when it was left


def shoppers() -> list[Shopper]:
    chance = random.Random(SEED)
    stories: list[Story] = ["looks", "orders", "leaves", "returns"]
    return [
        Shopper(
            chance.choices(stories, [1, 3, 3, 3])[0],
            [chance.choice(SKUS) for _ in range(chance.randint(1, 3))],
        )
        for _ in range(SHOPPERS)
    ]


async def shop_it(browser: Browser, heimta: Stack, one: Shopper, turns: asyncio.Semaphore) -> None:
    context = await browser.new_context(viewport={"width": 1000, "height": 800})
    await context.route("**/*.svg*", lambda route: route.abort())  # pictures say nothing about money
    async with turns:
        page = await arrive(context, heimta)
        one.visitor = await visitor_of(context)
        if one.story != "looks":
            await add(page, heimta, one.skus)
            one.cart_minor = await cart_total(page)
            await until_told(heimta, one)
        if one.story == "orders":
            await order(page, heimta)
        await leave_page(page)
    if one.story == "returns":
        await until_abandoned(heimta, one)
        async with turns:
            await order(page, heimta)
            await leave_page(page)
    await context.close()


async def arrive(context: BrowserContext, heimta: Stack) -> Page:
    page = await context.new_page()
    await page.goto(f"{heimta.shop_url}/?honest=1")
    await page.get_by_role("button", name="Allow", exact=True).click()
    await page.wait_for_function("() => document.cookie.includes('heimta_v=')")
    return page


async def add(page: Page, heimta: Stack, skus: list[str]) -> None:
    """As the shop's own buttons do, with the shop's own requests; then the cart page, which shows it all."""
    for sku in skus:
        answer = await page.request.post(f"{heimta.shop_url}/cart/add", form={"sku": sku, "qty": "1"})
        assert answer.ok
    await page.goto(f"{heimta.shop_url}/cart")


async def cart_total(page: Page) -> int:
    told = await page.evaluate("() => fetch('/cart.json').then((answer) => answer.json())")
    return int(told["total_minor"])


async def until_told(heimta: Stack, one: Shopper) -> None:
    """Stay on the page until the store knows the cart.

    Beside other browsers a page that is left as soon as it is there may be left before it has read the cart.
    """
    end = time.monotonic() + STAYS_S
    while time.monotonic() < end:
        state = (await states(heimta)).get(one.visitor)
        held = state.cart() if state is not None else None
        if held is not None and held.cart.total_minor == one.cart_minor:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{one} stayed {STAYS_S} s, and the store knows {state}")


async def until_abandoned(heimta: Stack, one: Shopper) -> None:
    """Stay away until the worker has noticed; who comes back sooner was never away."""
    end = time.monotonic() + AWAY_S
    while time.monotonic() < end:
        state = (await states(heimta))[one.visitor]
        if any(held.abandoned_at for held in state.carts.values()):
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"{one} was away for {AWAY_S} s, and the store knows {state}")


async def visitor_of(context: BrowserContext) -> str:
    return next(c["value"] for c in await context.cookies() if c["name"] == "heimta_v")


async def order(page: Page, heimta: Stack) -> None:
    await page.goto(f"{heimta.shop_url}/checkout")
    for name, value in ADDRESS.items():
        await page.locator(f"#{name}").fill(value)
    await page.locator("#country").select_option("IS")
    await page.locator("#checkout button.button-big").click()
    await page.wait_for_url("**/thanks/**")


async def leave_page(page: Page) -> None:
    """To a page without the tag: what was not sent yet goes out as the page is left."""
    await page.goto("about:blank")
    await asyncio.sleep(1)  # a closed context takes its connections with it, as no closed tab does


async def run_all(heimta: Stack, everyone: list[Shopper]) -> dict[str, VisitorState]:
    turns = asyncio.Semaphore(AT_ONCE)
    hasty = [one for one in everyone if one.story in ("looks", "orders")]
    others = [one for one in everyone if one.story in ("leaves", "returns")]
    async with async_playwright() as p:
        browser = await p.chromium.launch(**chromium_options())
        await asyncio.gather(*(shop_it(browser, heimta, one, turns) for one in hasty))
        heimta.install(silence_s=SILENCE_S, holdout_pct=0)
        await asyncio.sleep(LOOKS_S)
        await asyncio.gather(*(shop_it(browser, heimta, one, turns) for one in others))
        await browser.close()
    return await states(heimta)


async def states(heimta: Stack) -> dict[str, VisitorState]:
    redis = connect(heimta.redis_url)
    decode = msgspec.msgpack.Decoder(VisitorState).decode
    found = [decode(await redis.get(key)) async for key in redis.scan_iter("{p*}:v:demo:*")]
    await redis.aclose()
    return {state.visitor: state for state in found}


@contextmanager
def merchant(heimta: Stack) -> Iterator[httpx2.Client]:
    """Who has logged in to the console."""
    with httpx2.Client(base_url=heimta.console_url, follow_redirects=True, timeout=60) as client:
        form = client.get("/console/login").text
        token = re.search(r'name="csrf" value="([^"]+)"', form)
        assert token, form
        client.post("/console/login", data={"csrf": token[1], "email": LOGIN, "password": PASSWORD})
        yield client


def console_figures(client: httpx2.Client) -> dict[str, int]:
    """The figures on the overview, as a merchant sees them."""
    page = client.get("/console/shops/demo")
    assert page.status_code == 200
    found = re.findall(r'data-metric="(\w+)" value="(-?\d+)"', page.text)
    return {name: int(value) for name, value in found}


def wait_for(heimta: Stack, wanted: dict[str, int], seconds: float = 120) -> dict[str, int]:
    end = time.monotonic() + seconds
    with merchant(heimta) as client:
        while True:
            seen = console_figures(client)
            told = {name: seen[name] for name in wanted}
            if told == wanted or time.monotonic() > end:
                return told
            time.sleep(0.5)


def test_the_console_tells_what_the_shop_knows(bundles: dict[str, bytes]) -> None:
    everyone = shoppers()
    with stack(silence_s=PATIENT_S) as heimta:
        with ThreadPoolExecutor(1) as pool:
            known = pool.submit(asyncio.run, run_all(heimta, everyone)).result(900)
        placed = {row["visitor"]: row for row in heimta.orders()}
        returned = [placed[one.visitor] for one in everyone if one.story == "returns"]
        assert len(placed) == sum(one.story in ("orders", "returns") for one in everyone)
        wanted: dict[str, int] = {
            "orders": len(placed),
            "orders_minor": sum(row["total_minor"] for row in placed.values()),
            "recovered": len(returned),
            "recovered_minor": sum(row["total_minor"] for row in returned),
            "abandoned": sum(one.story in ("leaves", "returns") for one in everyone),
            "abandoned_minor": sum(one.cart_minor for one in everyone if one.story in ("leaves", "returns")),
        }
        assert wait_for(heimta, wanted) == wanted
        for one in everyone:
            if one.story == "leaves":
                held: Any = known[one.visitor].cart()
                assert held.cart.total_minor == one.cart_minor
                assert sorted(held_skus(held)) == sorted(one.skus)


def held_skus(held: Any) -> list[str]:
    return [line.sku for line in held.cart.lines for _ in range(line.qty)]
