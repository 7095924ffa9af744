"""A sample of the traces once more, in real Chromium and real time: does the page without one tell the truth?

The pointer is moved through the browser's own input, beyond the top of the page and back. The classes are
those that need only a pointer, a click and a dialog; the browser's own lists and menus cannot be opened from
outside (tests/browser/test_exit.py has what can).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route, async_playwright

from loadtest.deliver.browsers import chromium
from loadtest.exit.traces import Fire, Happening, Trace
from loadtest.verdict import Verdict

ROOT = Path(__file__).parents[2]
SAMPLED = ("leave", "graze", "top menu", "from above", "other sides", "dialog", "back")
EACH = 6
AT_ONCE = 4
LONGEST_MS = 12_000
CLOSE_MS = 150  # what hangs on less than this, a busy machine decides
CONFIG: dict[str, Any] = {
    "shop": "demo", "rev": "1", "consent": "implied", "languages": ["en"], "currency": "EUR", "exponent": 2,
    "urls": {"cart": "/cart", "checkout": "/checkout", "restore": "/r/{lines}", "apply": "/c/{code}"},
    "checkout": "^/checkout", "theme": {}, "campaigns": [],
}  # fmt: skip
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<style>html,body{margin:0;height:100%}dialog{position:fixed;inset:100px;margin:0}</style>
<script>window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)};window.fired=[];
heimta('plugin',(core)=>core.taps.push((t)=>{if(t==='exit_intended')fired.push(Date.now())}))</script>
<script async src="https://edge.example/s/demo.js"></script><body><h1>Shop</h1><dialog>Sizes</dialog>"""


def agreement(traces: Sequence[Trace], fired: Sequence[Mapping[str, Sequence[Fire]]]) -> Verdict:
    """The share of a sample for which the browser fired if and only if the replay did."""
    picked: list[tuple[Trace, bool]] = []
    for kind in SAMPLED:
        fits = [
            (trace, bool(fires["ours"]))
            for trace, fires in zip(traces, fired, strict=True)
            if trace.kind == kind
            and int(trace.ev[-1][0]) < LONGEST_MS
            and all(fire.at < int(trace.ev[-1][0]) - CLOSE_MS for fire in fires["ours"])
        ]
        picked += fits[:EACH]
    seen = asyncio.run(_replay([trace for trace, _ in picked]))
    for (trace, expected), did in zip(picked, seen, strict=True):
        if did != expected:
            print(f"the browser {'fired' if did else 'was silent'}, the replay not so: {trace.kind}")
    same = sum(did == expected for (_, expected), did in zip(picked, seen, strict=True))
    return Verdict("exit-browser-agrees", round(same / len(picked), 3), ">=", 0.95)


async def _replay(traces: list[Trace]) -> list[bool]:
    gate = asyncio.Semaphore(AT_ONCE)
    async with async_playwright() as play:
        browser = await chromium(play)

        async def one(trace: Trace) -> bool:
            async with gate:
                return await _visit(browser, trace)

        try:
            return list(await asyncio.gather(*(one(trace) for trace in traces)))
        finally:
            await browser.close()


async def _visit(browser: Browser, trace: Trace) -> bool:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.route("**/*", _answer)
    referrer = "https://search.example/" if trace.landing else "https://shop.example/"
    await page.goto("https://shop.example/p/hat", referer=referrer)
    await page.wait_for_function("window.heimta.on")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    is_out = False
    for event in trace.ev:
        if event[1] == "gone":
            break
        await asyncio.sleep(max(0.0, begun + int(event[0]) / 1000 - loop.time()))
        is_out = await _act(page, event, is_out)
    end = int(trace.ev[-1][0]) + (0 if trace.ev[-1][1] == "gone" else 2000)
    await asyncio.sleep(max(0.0, begun + end / 1000 - loop.time()))
    fired = await page.evaluate("fired.length")
    await context.close()
    return bool(fired)


async def _act(page: Page, event: Happening, is_out: bool) -> bool:
    """What a trace tells, done to a page. Returns whether the pointer is out of it."""
    match event:
        case [_, "move" | "out" as kind, int(x), int(y), *_]:
            await page.mouse.move(x, y)
            return kind == "out"
        case [_, "down", _] if not is_out:
            await page.mouse.down()
        case [_, "click", _] if not is_out:
            await page.mouse.up()
        case [_, "dialog", how]:
            call = "showModal" if how == "open" else "close"
            await page.evaluate(f"document.querySelector('dialog').{call}()")
    return is_out


async def _answer(route: Route) -> None:
    url = route.request.url
    headers = {"Access-Control-Allow-Origin": "*"}
    files = json.loads((ROOT / "static/dist/manifest.json").read_text())["files"]

    def code(name: str) -> str:
        file: str = files[name]["file"]
        return (ROOT / "static/dist" / file).read_text()

    if url.endswith("/s/demo.js") and route.request.method == "GET":
        text = code("snippet-api").replace("__HEIMTA_CONFIG__", json.dumps(CONFIG))
        await route.fulfill(body=text, content_type="text/javascript", headers=headers)
    elif route.request.method == "POST":
        await route.fulfill(body='{"ok":1}', content_type="application/json", headers=headers)
    else:
        await route.fulfill(body=PAGE, content_type="text/html")
