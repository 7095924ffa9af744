"""One look at one page, in a browser context of its own: nothing is cached, nothing is stored yet."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, Error, Page

from loadtest.snippet import trace
from loadtest.snippet.trace import Cost

WINDOW_MS = (
    4500  # from the load: the first batch is out after 1 s, what others left behind is looked for at 3 s
)
PRODUCT = "/product/steam-flask"
LOOKS = 4
VITALS = """() => {
  window.seen = { lcp: 0, cls: 0, inp: 0 }
  const watch = (type, take, more) => new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true, ...more })
  watch('largest-contentful-paint', (entry) => { seen.lcp = entry.startTime })
  watch('layout-shift', (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value })
  watch('event', (entry) => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration) },
    { durationThreshold: 16 })
}"""
CALL = "heimta('product', { sku: `sku-${i}`, name: 'Hat', unit_minor: 1990, currency: 'EUR', url: '/p/hat' })"
# Each call in a task of its own, on a page whose style has just changed: to read a size would cost a layout.
TRACKS = """async (count) => {
  const sync = [], whole = []
  for (let i = 0; i < count; i++) {
    await new Promise((next) => setTimeout(next, 4))
    document.body.style.paddingTop = `${i % 7}px`
    performance.mark('before')
    const at = performance.now()
    CALL
    sync.push(performance.now() - at)
    performance.measure('track', 'before')
    for (let deep = 0; deep < 20; deep++) await null
    whole.push(performance.now() - at)
  }
  return { sync, whole }
}"""
# Who touches synchronous storage while an event is told.
WATCH_STORAGE = """() => {
  window.touched = 0
  const kept = localStorage
  Object.defineProperty(window, 'localStorage', { get() { window.touched++; return kept } })
  const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')
  Object.defineProperty(document, 'cookie', {
    get() { window.touched++; return get.call(document) },
    set(value) { window.touched++; set.call(document, value) } })
}"""
COUNT_STORAGE = """async (count) => {
  let touched = 0
  for (let i = 0; i < count; i++) {
    await new Promise((next) => setTimeout(next, 4))
    const before = window.touched
    CALL
    for (let deep = 0; deep < 20; deep++) await null
    touched += window.touched - before
  }
  return touched
}"""


class Vitals(Struct, frozen=True):
    """ms; cls has no unit."""

    lcp: float
    cls: float
    inp: float


class Calls(Struct):
    """ms of each call that tells of a product: until it returned, and with the microtasks it left behind."""

    sync: list[float] = []
    whole: list[float] = []


class Traced(Struct, frozen=True):
    """Of the calls in a trace: forced layouts, how many there were, touches of synchronous storage."""

    layouts: int
    spans: int
    touched: int


async def fresh(browser: Browser, shop: str) -> BrowserContext:
    """A shopper who has agreed to everything before, seen on no page yet."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(120_000)
    await context.add_cookies([{"name": "shop_consent", "value": "all", "url": shop}])
    return context


async def cpu(browser: Browser, shop: str, tag: str) -> float:
    """ms of main-thread CPU of a page that has nothing but the tag, until all of its beginning is over."""
    context = await fresh(browser, shop)
    try:
        page = await context.new_page()
        faults: list[Error] = []
        page.on("pageerror", lambda fault: faults.append(fault))
        session = await context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        await page.goto(f"{shop}/empty?tag={tag}", wait_until="load")
        await page.wait_for_timeout(WINDOW_MS)
        if faults:  # what fails does less than it should, and looks cheap
            raise LookupError(f"{tag} fails on a page with nothing but itself: {faults[0].message}")
        told = await session.send("Performance.getMetrics")
        found = {one["name"]: one["value"] for one in told["metrics"]}
        return float(found["TaskDuration"]) * 1000
    finally:
        await context.close()


async def load(browser: Browser, shop: str, tag: str, file: str, *, slower: float = 1) -> Cost:
    """The demo's product page. file: the address of the tag's file, empty for none.

    A trace that says nothing of it is looked at anew, a few times: now and then Chromium drops what it has
    recorded of a page's first moments.
    """
    for _ in range(LOOKS):
        try:
            return await _load(browser, shop, tag, file, slower)
        except LookupError as nothing:
            print(f"{tag}: {nothing}; looked at again", flush=True)
    raise LookupError(f"{LOOKS} traces say nothing of {tag}")


async def _load(browser: Browser, shop: str, tag: str, file: str, slower: float) -> Cost:
    context = await fresh(browser, shop)
    try:
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        await browser.start_tracing(page=page, categories=list(trace.CATEGORIES))
        await page.goto(f"{shop}{PRODUCT}?tag={tag}", wait_until="load")
        await page.wait_for_timeout(WINDOW_MS)
        events = json.loads(await browser.stop_tracing())["traceEvents"]
        if not file:
            return Cost(0, 0, 0, trace.long_tasks(events))
        return trace.cost(events, file)
    finally:
        await context.close()


async def vitals(browser: Browser, shop: str, tag: str) -> Vitals:
    """A shopper looks at a product, puts it into the cart and closes the drawer again."""
    context = await fresh(browser, shop)
    try:
        page = await context.new_page()
        await page.goto(f"{shop}{PRODUCT}?tag={tag}", wait_until="load")
        await page.evaluate(VITALS)
        await page.wait_for_timeout(1500)
        await _shop(page)
        seen: dict[str, Any] = await page.evaluate("seen")
        return Vitals(seen["lcp"], seen["cls"], seen["inp"])
    finally:
        await context.close()


async def _shop(page: Page) -> None:
    await page.click("h1")
    await page.click(".size >> nth=0")
    await page.click("form.buy button")
    await page.wait_for_selector("#drawer[open]")
    await page.click("#drawer [data-close]")
    await page.wait_for_timeout(300)


async def calls(browser: Browser, shop: str, tag: str, call: str, count: int) -> Calls:
    """call: JavaScript. What stands before its first bracket or dot is there once the tag is ready."""
    context = await fresh(browser, shop)
    try:
        page = await _ready(context, shop, tag, call)
        told = await page.evaluate(TRACKS.replace("CALL", call), count)
        return Calls(told["sync"], told["whole"])
    finally:
        await context.close()


async def traced(browser: Browser, shop: str, tag: str, count: int) -> Traced:
    """What a trace says of our calls. Apart from their times: with one being written p95 is twice as long."""
    context = await fresh(browser, shop)
    try:
        page = await _ready(context, shop, tag, CALL)
        await browser.start_tracing(page=page, categories=list(trace.CATEGORIES))
        await page.evaluate(TRACKS.replace("CALL", CALL), count)
        events = json.loads(await browser.stop_tracing())["traceEvents"]
        layouts, spans = trace.forced_layouts(events, "track")
        await page.evaluate(WATCH_STORAGE)
        touched = await page.evaluate(COUNT_STORAGE.replace("CALL", CALL), 100)
        return Traced(layouts, spans, touched)
    finally:
        await context.close()


async def _ready(context: BrowserContext, shop: str, tag: str, call: str) -> Page:
    page = await context.new_page()
    await page.goto(f"{shop}{PRODUCT}?tag={tag}", wait_until="load")
    name = re.split(r"[.(]", call)[0]
    await page.wait_for_function(f"window.{name} && ({name} !== window.heimta || heimta.on)")
    await page.wait_for_timeout(1500)
    return page
