"""The edge is away for a while, or the shopper's network is: afterwards everything is there, once.

While the edge is away its files still come, as they would from a cache in front of it; events are cut off,
never answered, or told to come back later. Shoppers go on: they add pages and open second tabs.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page

from loadtest.deliver.browsers import arrive
from loadtest.deliver.house import TELL, House
from loadtest.deliver.line import Line, Mood

MOODS: tuple[Mood, ...] = ("cut", "silent", "busy")
# A shopper who has waited for long comes back after at most 7.5 minutes (retry.ts).
LONGEST_WAIT_S = 450.0
SLACK_S = 60.0
BACK_S = 60.0


@dataclass
class Away:
    name: str
    marks: set[str] = field(default_factory=set)
    arrived: int = 0
    took_s: float = 0.0
    copies: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.arrived / len(self.marks) if self.marks else 0.0

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.arrived} of {len(self.marks)} arrived, the last one {self.took_s:.1f} s "
            f"after it was over; {self.copies} copies on the wire"
        )


async def outage(browser: Browser, house: House, *, shoppers: int, seconds: float, seed: int) -> list[Away]:
    """One line and `shoppers` shoppers a mood, all at the same time."""
    async with asyncio.TaskGroup() as all_moods:
        tasks = [
            all_moods.create_task(_one_mood(browser, house, mood, shoppers, seconds, seed)) for mood in MOODS
        ]
    return [task.result() for task in tasks]


async def _one_mood(
    browser: Browser, house: House, mood: Mood, shoppers: int, seconds: float, seed: int
) -> Away:
    line, result = await house.line(), Away(f"outage of {seconds:.0f} s, {mood}")
    over = asyncio.Event()
    contexts = [await browser.new_context(ignore_https_errors=True) for _ in range(shoppers)]
    try:
        pages = [await context.new_page() for context in contexts]
        for page in pages:
            await arrive(page, house.page("/p", line))
        await line.be(mood)
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as all_shoppers:
            for i, page in enumerate(pages):
                dice = random.Random(f"{seed} {mood} {i}")
                all_shoppers.create_task(_shop(house, line, page, f"{mood}-{i}", until, dice, result))
        await line.be("well")
        began = time.monotonic()
        # Nobody waits longer than the outage was, and half as long again.
        patience = min(LONGEST_WAIT_S, 1.5 * seconds) + SLACK_S
        await line.has(result.marks, patience)
        result.took_s = time.monotonic() - began
        result.arrived = len(result.marks & line.marks.keys())
        result.copies = line.copies
        over.set()
    finally:
        for context in contexts:
            await context.close()
    return result


async def _shop(
    house: House, line: Line, page: Page, name: str, until: float, dice: random.Random, result: Away
) -> None:
    """Looks at things until the outage is over; at times on another page, or in a second tab."""
    count, is_alone = 0, True
    while time.monotonic() < until:
        mark = f"{name}-{count}"
        result.marks.add(mark)
        count += 1
        await page.evaluate(TELL, mark)
        await asyncio.sleep(min(dice.uniform(0.3, 20), max(0.0, until - time.monotonic())))
        step = dice.random()
        if step < 0.2:
            await arrive(page, house.page("/p", line))
        elif step < 0.4 and is_alone:
            is_alone = False
            page = await page.context.new_page()
            await arrive(page, house.page("/p", line))


async def offline(browser: Browser, house: House, *, shoppers: int, seed: int) -> Away:
    """The shopper's own network goes and comes back, twice tried in vain meanwhile."""
    line, result = await house.line(), Away("offline, then online")
    dice = random.Random(f"{seed} offline")
    contexts = [await browser.new_context(ignore_https_errors=True) for _ in range(shoppers)]
    try:
        pages = [await context.new_page() for context in contexts]
        for page in pages:
            await arrive(page, house.page("/p", line))
        for context in contexts:
            await context.set_offline(True)
        for turn in range(3):
            for i, page in enumerate(pages):
                mark = f"offline-{i}-{turn}"
                result.marks.add(mark)
                await page.evaluate(TELL, mark)
            await asyncio.sleep(dice.uniform(1.0, 3.0))
        if result.marks & line.marks.keys():
            raise RuntimeError("something got through: the browser was not offline")
        for context in contexts:
            await context.set_offline(False)
        began = time.monotonic()
        await line.has(result.marks, BACK_S)
        result.took_s = time.monotonic() - began
        result.arrived = len(result.marks & line.marks.keys())
        result.copies = line.copies
    finally:
        for context in contexts:
            await context.close()
    return result
