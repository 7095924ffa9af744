"""Events that happen as the shopper goes: another page, or the tab closed, in the same instant.

Every shopper has a browser context of their own and never comes back, so what the page's last moment could
not bring home is lost for this count, whatever the outbox would have done the next day.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Browser, Page
from playwright.async_api import Error as BrowserError

from loadtest.deliver.browsers import arrive
from loadtest.deliver.house import TELL, House
from loadtest.deliver.line import Line

How = Literal["navigate", "close"]
WAYS: tuple[How, ...] = ("navigate", "close")
PATIENCE_S = 30.0  # three round trips are 0.6 s; the rest is for a loaded machine
BARE_PATIENCE_S = 8.0


@dataclass
class Leaves:
    """What came of one way to leave. took_s: from the event to the edge's answer, of those that got one.

    unanswered: of those that arrived, how many were in the log though the edge had said that it could not say
    so. A disk that stands still for half a second is enough: nobody is told more than is known by then.
    """

    name: str
    sent: int = 0
    arrived: int = 0
    took_s: list[float] = field(default_factory=list)
    unanswered: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        return 100 * self.arrived / self.sent if self.sent else 0.0

    def __str__(self) -> str:
        middle = sorted(self.took_s)[len(self.took_s) // 2] if self.took_s else 0.0
        lost = f", lost {' '.join(self.missing[:5])}" if self.missing else ""
        told = f", {self.unanswered} without an answer" if self.unanswered else ""
        return (
            f"{self.name}: {self.arrived} of {self.sent} arrived, half of them in {middle:.2f} s{told}{lost}"
        )


async def leave(
    browser: Browser, house: House, line: Line, path: str, how: How, count: int, *, hands: int, seed: int
) -> Leaves:
    """hands: shoppers at once."""
    result = Leaves(f"{browser.browser_type.name} {path} {how}")
    dice = random.Random(f"{seed} {result.name}")
    left = [(f"{result.name} {i}".replace(" ", "-").replace("/", ""), dice.random()) for i in range(count)]

    async def hand() -> None:
        while left:
            mark, chance = left.pop()
            await _one(browser, house, line, path, how, mark, chance, result)

    async with asyncio.TaskGroup() as all_hands:
        for _ in range(hands):
            all_hands.create_task(hand())
    return result


async def _one(
    browser: Browser, house: House, line: Line, path: str, how: How, mark: str, chance: float, result: Leaves
) -> None:
    context = await browser.new_context(ignore_https_errors=True)
    try:
        page = await context.new_page()
        await arrive(page, house.page(path, line))
        # Before the first batch, while it is under way, and long after it.
        await asyncio.sleep(2.5 * chance)
        began = time.monotonic()
        await _go(page, how, mark)
        result.sent += 1
        if await line.has({mark}, BARE_PATIENCE_S if path == "/bare" else PATIENCE_S):
            result.arrived += 1
            result.took_s.append(time.monotonic() - began)
        elif await house.has(mark):
            result.arrived += 1
            result.unanswered += 1
        else:
            result.missing.append(mark)
    finally:
        await context.close()


async def _go(page: Page, how: How, mark: str) -> None:
    if how == "close":
        await page.evaluate(TELL, mark)
        await page.close(run_before_unload=True)
        return
    try:
        await page.evaluate(f"(mark) => {{ ({TELL})(mark); location.href = '/elsewhere' }}", mark)
        await page.wait_for_url("**/elsewhere")
    except BrowserError:
        # The page may be gone before it has answered; that it went there is what counts.
        await page.wait_for_url("**/elsewhere")
