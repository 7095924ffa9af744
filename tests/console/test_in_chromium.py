"""The console in a real browser: axe, the policy, the switch by keyboard, the list that renews itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from heimta.console.app import create_app
from heimta.console.users import add_user
from heimta.store import documents, keys
from heimta.store.connect import Client, connect
from loadtest.deliver.browsers import chromium_options
from tests.console.browser import EMAIL, PASSWORD
from tests.console.seed import (
    EXIT,
    NOW,
    PARTITIONS,
    Past,
    at_checkout,
    batch,
    cart,
    heard,
    install,
    log,
    months,
    sums,
)

# One loop for the file, since one browser serves it: a start costs more than most of these tests.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
STATIC = Path(__file__).parents[2] / "static"
PAGES = (
    "",
    "/funnel",
    "/campaigns",
    "/campaigns/why-not/answers",
    "/events",
    "/messages",
    "/install",
    "/cart",
    "/look",
    "/templates",
)


@asynccontextmanager
async def served(redis: Client) -> AsyncIterator[str]:
    """The console on a free port, with the assets as built."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(
        redis=redis,
        edge_url="https://edge.example",
        console_url=url,
        partitions=PARTITIONS,
        static=STATIC,
        clock=lambda: NOW,
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield url
    server.should_exit = True
    await task


@asynccontextmanager
async def merchant(chromium: Browser, url: str, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A logged-in page, and everything its browser complained about."""
    page = await chromium.new_page(**options)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    await page.goto(f"{url}/console/login")
    await page.fill("#email", EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("text=Log in >> nth=-1")
    await page.wait_for_url(f"{url}/console/shops/demo")
    yield page, complaints
    await page.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(**chromium_options())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def redis(store_url: str) -> AsyncIterator[Client]:
    """As everywhere, but on this file's loop."""
    client = connect(store_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def shop(redis: Client) -> None:
    await add_user(redis, EMAIL, PASSWORD, now=NOW)
    await install(redis)
    past = await months(redis, days=28)
    for metric in ("orders_minor.CHF", "recovered_minor.CHF", "abandoned_minor.CHF"):
        past.count(metric, 4_321_000, at=NOW)
    await past.write()
    await at_checkout(redis)
    long = msgspec.structs.replace(EXIT, id="long", name="Donaudampfschifffahrtsgesellschaftskapitänsmütze")
    await documents.put(redis, long, now=NOW)
    await heard(redis, "Nothing in my size", "The pictures say too little about the cloth")
    await sums(redis, "exit-offer", {"a": (6_200, 800, 8_000), "holdout": (6_200, 500, 8_000)})
    await sums(redis, "j.cart-back", {"treated": (310, 31, 8_000), "holdout": (40, 3, 8_000)})
    await log(
        redis, "batch", batch(("page_viewed", {}), ("cart_updated", cart(("hat", "Wool hat", 1, 8990))))
    )


@pytest.mark.parametrize(
    ("scheme", "width", "height"), [("light", 1280, 860), ("dark", 390, 844), ("light", 360, 780)]
)
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    chromium: Browser, redis: Client, shop: None, scheme: str, width: int, height: int
) -> None:
    view = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    async with served(redis) as url, merchant(chromium, url, **view) as (page, complaints):
        for place in PAGES:
            await page.goto(f"{url}/console/shops/demo{place}", wait_until="load")
            found = (await Axe().run(page)).response["violations"]
            assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], place
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, place
    assert complaints == []


async def test_on_a_phone_no_sum_lies_over_what_it_is_a_sum_of(
    chromium: Browser, redis: Client, shop: None
) -> None:
    view = {"viewport": {"width": 360, "height": 780}}
    async with served(redis) as url, merchant(chromium, url, **view) as (page, _):
        over = await page.evaluate(
            """() => [...document.querySelectorAll('.figures .card')].filter((card) => {
              const dt = card.querySelector('dt')
              const text = document.createRange()
              text.selectNodeContents(dt)
              const sum = card.querySelector('dd').getBoundingClientRect()
              return text.getBoundingClientRect().right > sum.left
            }).map((card) => card.textContent)"""
        )
    assert over == []


async def test_the_look_is_seen_as_it_is_typed(chromium: Browser, redis: Client, shop: None) -> None:
    async with served(redis) as url, merchant(chromium, url) as (page, complaints):
        await page.goto(f"{url}/console/shops/demo/look", wait_until="load")
        await page.locator("#accent").fill("#7a1f3d")
        await page.locator('#preview rect[fill="#7a1f3d"]').wait_for()
        await page.locator("#ink").fill("#dddddd")
        await page.get_by_text("has a contrast of").wait_for()
    assert complaints == []


async def test_the_plot_is_drawn_under_the_policy(chromium: Browser, redis: Client, shop: None) -> None:
    async with served(redis) as url, merchant(chromium, url) as (page, complaints):
        await page.wait_for_selector(".plot canvas")
        painted = await page.evaluate(
            """() => {
              const c = document.querySelector('.plot canvas')
              const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height)
              return data.filter((v, i) => i % 4 === 3 && v > 0).length
            }"""
        )
    assert painted > 10_000 and complaints == []


async def test_on_a_day_with_more_recovered_than_left_both_are_seen(
    chromium: Browser, redis: Client, shop: None
) -> None:
    past = Past(redis)
    past.count("recovered", 60, at=NOW)
    await past.write()
    async with served(redis) as url, merchant(chromium, url) as (page, complaints):
        await page.goto(f"{url}/console/shops/demo?days=7")
        await page.wait_for_selector(".plot canvas")
        painted = await page.evaluate(
            """() => {
              const c = document.querySelector('.plot canvas'), from = Math.round(c.width * 0.9)
              const { data } = c.getContext('2d').getImageData(from, 0, c.width - from, c.height)
              const left = [0xdc, 0xb0, 0x8c], came = [0x1f, 0x6b, 0x52]
              const is = (of, i) => of.every((v, n) => data[i + n] === v)
              return [left, came].map((of) => data.filter((_, i) => i % 4 === 0 && is(of, i)).length)
            }"""
        )
    assert min(painted) > 500 and complaints == []


async def test_a_switch_is_thrown_by_keyboard_and_keeps_the_focus(
    chromium: Browser, redis: Client, shop: None
) -> None:
    async with served(redis) as url, merchant(chromium, url) as (page, complaints):
        await page.goto(f"{url}/console/shops/demo/campaigns")
        switch = page.get_by_role("switch", name="May we ring?")
        for state in (True, False):
            await switch.focus()
            await page.keyboard.press("Space")
            await page.get_by_role("switch", name="May we ring?", checked=state).wait_for()
            found = await documents.read(redis, "demo")
            assert found is not None and (bell := found.campaign("bell")) is not None
            assert bell.live is state
            assert await page.evaluate("document.activeElement.id") == "campaign-bell-switch"
            assert await page.inner_text("#status") == f"May we ring? is {'on' if state else 'off'}."
        assert page.url.endswith("/campaigns")
    assert complaints == []


async def test_the_list_renews_itself_and_hostile_text_stays_text(
    chromium: Browser, redis: Client, shop: None
) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    async with served(redis) as url, merchant(chromium, url) as (page, complaints):
        await page.goto(f"{url}/console/shops/demo/events")
        for n in (1, 2):  # the list that replaced the list renews itself too
            line = ("sku", f"{hostile} {n}", 1, 100)
            await log(redis, "batch", batch(("cart_updated", cart(line, id=f"{n}" * 11))), at=NOW + n)
            await page.get_by_text(f"put {hostile} {n} into the cart").wait_for()
        assert await page.locator("#feed img, #feed script").count() == 0
    assert complaints == []


async def test_the_list_goes_on_after_an_error(chromium: Browser, redis: Client, shop: None) -> None:
    """A proxy answers 502 while the console starts again; the list is left open on a wall."""
    async with served(redis) as url, merchant(chromium, url) as (page, _):
        await page.goto(f"{url}/console/shops/demo/events")
        rows = "**/events/rows*"
        await page.route(rows, lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
        async with page.expect_response(rows):
            pass
        await page.unroute(rows)
        line = ("sku", "Wool scarf", 1, 100)
        await log(redis, "batch", batch(("cart_updated", cart(line, id="9" * 11))), at=NOW + 9)
        await page.get_by_text("put Wool scarf into the cart").wait_for()
        assert await page.get_by_text("Bad Gateway").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_form_whose_session_ended_is_sent_again_after_a_login_in_a_new_tab(
    chromium: Browser, redis: Client, shop: None, width: int
) -> None:
    """The preview beside it fails meanwhile, and leaves what is typed where it is."""
    async with (
        served(redis) as url,
        merchant(chromium, url, viewport={"width": width, "height": 844}) as (page, _),
    ):
        await page.goto(f"{url}/console/shops/demo/look", wait_until="load")
        await redis.delete(*[key async for key in redis.scan_iter(match=keys.login("*"))])
        async with page.expect_response("**/look/preview") as refused:
            await page.locator("#font").press_sequentially("Inter")
        assert (await refused.value).status == 401
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("You are logged out").wait_for()
        assert (await Axe().run(page)).response["violations"] == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        async with page.expect_popup() as opened:
            await page.get_by_role("link", name="Log in in a new tab").click()
        tab = await opened.value
        await tab.fill("#email", EMAIL)
        await tab.fill("#password", PASSWORD)
        await tab.get_by_role("button", name="Log in").click()
        await tab.wait_for_url(f"{url}/console/shops/demo")
        await page.get_by_role("button", name="Send it again").click()
        await page.get_by_text("Saved.").wait_for()
        assert await page.locator("#font").input_value() == "Inter"
