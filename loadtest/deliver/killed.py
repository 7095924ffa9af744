"""The browser is killed 100 ms after the event, and started again on the same profile: is the event there?

Nothing has been sent by then: only what reached the disk can come home. A value in localStorage, written in
the same instant, shows what an outbox there would have kept.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import BrowserContext, Playwright

from loadtest.deliver.browsers import ANY_CERTIFICATE, arrive, browser_process, chromium_options, kill
from loadtest.deliver.house import TELL, House
from loadtest.deliver.line import Line

KILL_MS = 100
PATIENCE_S = 60.0
# Whether the outbox has this event on its shelf (snippet/src/shelf.ts).
KEPT = """async (mark) => {
  const known = await indexedDB.databases()
  return known.some(({ name }) => name === 'heimta') && new Promise((good) => {
    indexedDB.open('heimta').onsuccess = ({ target: { result } }) => {
      result.transaction('heimta').objectStore('heimta').getAll().onsuccess = (got) => {
        result.close()
        good(got.target.result.some(({ ev }) => ev.p.sku === mark))
      }
    }
  })
}"""
# Answers with the instant of the event, ms of the wall clock.
DO = f"""(mark) => {{
  const at = Date.now()
  ;({TELL})(mark)
  localStorage.setItem('beside', mark)
  return at
}}"""


@dataclass
class Kills:
    """late_ms: how much later than asked for each kill was, since nobody can be on time to the ms."""

    sent: int = 0
    arrived: int = 0
    in_local_storage: int = 0
    late_ms: list[float] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        late = sorted(self.late_ms)
        middle = late[len(late) // 2] if late else 0.0
        return (
            f"killed after {KILL_MS} ms (+{middle:.0f} ms, at most +{late[-1] if late else 0:.0f}): "
            f"{self.arrived} of {self.sent} arrived; localStorage had kept {self.in_local_storage}"
        )


async def killed(
    playwright: Playwright, house: House, line: Line, count: int, *, hands: int, is_timed: bool = True
) -> Kills:
    """is_timed: killed after KILL_MS; else as soon as the event is on the disk, however long that takes, and
    until then nothing gets through the line, which has to be theirs alone.
    """
    result = Kills()
    left = [f"killed-{i}" for i in range(count)]

    async def hand() -> None:
        while left:
            await _one(playwright, house, line, left.pop(), result, is_timed)

    async with asyncio.TaskGroup() as all_hands:
        for _ in range(hands):
            all_hands.create_task(hand())
    return result


async def _one(
    playwright: Playwright, house: House, line: Line, mark: str, result: Kills, is_timed: bool
) -> None:
    with tempfile.TemporaryDirectory(prefix="hk", ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        context = await _start(playwright, profile)
        pid = browser_process(profile)
        gone = asyncio.Event()
        context.on("close", lambda _: gone.set())
        page = await context.new_page()
        await arrive(page, house.page("/p", line))
        if is_timed:
            # A new profile makes its database once, which may take 100 ms by itself; nobody is quicker.
            await asyncio.sleep(1.5)
            at = await page.evaluate(DO, mark)
            await asyncio.sleep(max(0.0, (at + KILL_MS) / 1000 - time.time()))
            result.late_ms.append(time.time() * 1000 - at - KILL_MS)
        else:
            await line.be("silent")
            await page.evaluate(DO, mark)
            await page.wait_for_function(KEPT, arg=mark)
        await kill(pid)
        await gone.wait()
        await line.be("well")
        result.sent += 1
        if mark in line.marks:
            raise RuntimeError("the event was sent before the kill: this shows nothing")

        context = await _start(playwright, profile)
        page = await context.new_page()
        await arrive(page, house.page("/p", line))
        result.in_local_storage += await page.evaluate("localStorage.beside") == mark
        if await line.has({mark}, PATIENCE_S):
            result.arrived += 1
        else:
            result.missing.append(mark)
        await context.close()


async def _start(playwright: Playwright, profile: Path) -> BrowserContext:
    return await playwright.chromium.launch_persistent_context(
        str(profile), ignore_https_errors=True, **chromium_options(ANY_CERTIFICATE)
    )
