"""`make paint`: from the signal to the first paint, at a fourth of the speed, with the network cut.

A shopper on the demo shop has the page before them for a while, so what a campaign needs is there. Then the
network goes, and the mouse leaves through the top. Told for each firing: how long from the signal (the moment
the snippet says exit_intended) until the frame with the popup was painted, the longest task from the signal
on (what a modal one does to the page, and the focus, follow a tenth of a second later), what was asked for
between the gesture and that frame, and how far anything moved (CLS). Beside it, on the same page at the same
speed, what the browser takes for a bare <dialog> with a word in it, after ours has made it do so once; all
that belongs to being modal is in that figure.
FIRINGS=20 for a shorter run.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec import Struct
from playwright.async_api import Browser, Page, TimeoutError, async_playwright

from heimta.model.campaign import Campaign, Trigger
from loadtest.deliver.browsers import chromium
from loadtest.look.pages import FULL, MOVING, OURS, STEP_MS, enter, visit
from loadtest.look.place import ROOT, Place, campaigns, place
from loadtest.verdict import Verdict, conclude

FIRINGS, SLOWER = 120, 4
PATH = "/product/lopapeysa"
WAY_OUT = (300, 120, 80, 55, 30, 12, 3)  # y of a hand on its way to the tabs
STEP_S = 0.02
BEYOND_MS = 8000  # what a stroll must stay out there to count; a fast way out takes half a second
TRIES = 4

# The tap comes before the stage's, so `signal` is taken before anything is decided; the widget must be there
# in the next frame. That frame is painted when a task comes round that was posted in its own callback. Until
# then nothing is asked of the page that would cost it a look at its styles: that what is there is seen is
# asked afterwards, and before the gesture that it is not. The browser tells of tasks from 50 ms on.
WATCH = """() => {
  window.seen = { shift: 0, task: 0 }
  const since = (type, take) => new PerformanceObserver((list) => {
    for (const one of list.getEntries())
      if (seen.signal && one.startTime + one.duration >= seen.signal) take(one)
  }).observe({ type, buffered: true })
  since('layout-shift', ({ value }) => { seen.shift += value })
  since('longtask', ({ duration }) => { seen.task = Math.max(seen.task, duration) })
  const isThere = () => [...document.body.children].some(({ localName, shadowRoot }) =>
    localName.startsWith('heimta-') && shadowRoot.firstElementChild.style.opacity !== '0')
  heimta('plugin', (core) => core.taps.unshift((what) => {
    if (what !== 'exit_intended' || seen.signal) return
    seen.signal = performance.now()
    requestAnimationFrame(() => {
      if (!isThere()) return delete seen.signal
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => { seen.painted = performance.now() }
      port2.postMessage(0)
    })
  }))
}"""

# Milliseconds from a task's begin to the frame with a bare dialog, once nothing of ours is there.
BARE = """() => new Promise((done) => {
  heimta('remove')
  const dialog = document.createElement('dialog')
  setTimeout(() => {
    const from = performance.now()
    dialog.append('A word')
    document.body.append(dialog)
    dialog.showModal()
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => done(performance.now() - from)
      port2.postMessage(0)
    })
  }, 100)
})"""


class Firing(Struct, frozen=True):
    """ms: from the signal to the paint. requests: their addresses, between gesture and paint. shift: CLS.

    task_ms: the longest task from the signal on. bare_ms: what a bare dialog takes the browser.
    """

    name: str
    ms: float
    task_ms: float
    bare_ms: float
    requests: tuple[str, ...]
    shift: float


async def fire(browser: Browser, at: Place, name: str, slower: int = SLOWER) -> Firing:
    """One shopper who leaves."""
    context = await visit(browser, at, MOVING)
    page = await enter(context, at, MOVING, FULL)
    session = await context.new_cdp_session(page)
    asked: list[tuple[float, str]] = []
    session.on(
        "Network.requestWillBeSent", lambda told: asked.append((told["wallTime"], told["request"]["url"]))
    )
    await session.send("Network.enable")
    await page.goto(f"{at.shop}{PATH}?tag={name}")
    await page.mouse.move(640, 500)
    await page.evaluate(WATCH)
    await _ready(page, asked)
    await context.set_offline(True)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    assert not await page.evaluate(f"{OURS}.length"), f"{name} was seen before its moment"
    gesture: float = await page.evaluate("performance.timeOrigin + performance.now()")
    await _leave(page)
    seen = await page.evaluate("({...seen, origin: performance.timeOrigin})")
    assert await page.evaluate(f"{OURS}.length"), f"{name} is not to be seen"
    painted = seen["origin"] + seen["painted"]
    bare_ms: float = await page.evaluate(BARE)
    between = tuple(url for wall, url in asked if gesture <= wall * 1000 <= painted)
    await context.close()
    ms = seen["painted"] - seen["signal"]
    return Firing(name, ms, seen["task"], bare_ms, between, seen["shift"])


async def _ready(page: Page, asked: list[tuple[float, str]]) -> None:
    """The campaign waits for its trigger only, the page was looked at for long, nothing is under way."""
    await page.wait_for_function(
        """() => {
          let why
          heimta('plugin', (core) => { why = core.why?.(core.config.campaigns[0]) })
          return why === 'trigger' && performance.now() > 3500
        }""",
        timeout=STEP_MS,
    )
    before = -1
    while before != len(asked):  # the batch with the page's first events goes out before the line is cut
        before = len(asked)
        await page.wait_for_timeout(700)


async def _leave(page: Page) -> None:
    """Out through the top, as a hand does; again if the machine was so slow that it looked like a stroll."""
    for _ in range(TRIES):
        for y in WAY_OUT:
            await page.mouse.move(640, y)
            await asyncio.sleep(STEP_S)
        await page.mouse.move(640, -5)
        try:
            await page.wait_for_function("seen.painted", timeout=BEYOND_MS)
            await page.wait_for_timeout(600)  # what would move, moves now
            return
        except TimeoutError:
            await page.mouse.move(640, 500)
    raise RuntimeError("a shopper left, and in the frame after the signal nothing was to be seen")


def leaving() -> dict[str, Campaign]:
    """All templates that interrupt; each is shown on leaving here, whatever it waits for in a shop."""
    return {name: each for name, each in campaigns().items() if each.trigger.on not in ("checkout", "order")}


def verdicts(fired: list[Firing]) -> list[Verdict]:
    slowest = sorted(one.ms for one in fired)
    tasks = sorted(one.task_ms for one in fired)
    for one in fired:
        if one.requests or one.shift:
            print(f"{one.name}: asked for {one.requests}, moved {one.shift}")
    at = min(len(slowest) - 1, int(len(slowest) * 0.99))
    median = slowest[len(slowest) // 2]
    print(f"{len(fired)} firings at 1/{SLOWER} speed: median {median:.1f} ms, slowest {slowest[-1]:.1f} ms")
    bare = sorted(one.bare_ms for one in fired)
    print(f"a bare dialog: median {bare[len(bare) // 2]:.1f} ms, slowest {bare[-1]:.1f} ms")
    return [
        Verdict("paint-firings", len(fired), ">=", 100),
        Verdict("paint-p99", round(slowest[at], 1), "<=", 50, "ms"),
        Verdict("paint-task-p99", round(tasks[at], 1), "<=", 50, "ms"),
        Verdict("paint-requests", sum(len(one.requests) for one in fired), "<=", 0),
        Verdict("paint-cls", max(one.shift for one in fired), "<=", 0),
    ]


async def main() -> int:
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True)
    shown = leaving()
    names = [list(shown)[n % len(shown)] for n in range(int(os.environ.get("FIRINGS", FIRINGS)))]
    fired: list[Firing] = []
    with tempfile.TemporaryDirectory(prefix="hp", ignore_cleanup_errors=True) as folder:
        async with (
            place(Path(folder), shown, when=Trigger("exit")) as at,
            async_playwright() as playwright,
            await chromium(playwright) as browser,
        ):
            for number, name in enumerate(names, 1):
                fired.append(one := await fire(browser, at, name))
                said = f"{one.ms:.1f} ms (task {one.task_ms:.0f}, bare {one.bare_ms:.1f})"
                print(f"{number} of {len(names)}: {name} {said}", flush=True)
    return conclude(verdicts(fired))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
