"""`make deliver`: does every event get home, once, over a network of 200 ms with every connection cold?

`python -m loadtest.deliver --leaves 20 --kills 4 --outage 20` is a short look. The outage runs beside the
rest, in a browser of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from typing import Any

from msgspec import Struct
from playwright.async_api import Playwright, async_playwright

from loadtest.deliver import browsers
from loadtest.deliver.house import House, house
from loadtest.deliver.killed import Kills, killed
from loadtest.deliver.leave import WAYS, Leaves, leave
from loadtest.deliver.outage import Away, offline, outage
from loadtest.verdict import Verdict, conclude


class Asked(Struct, frozen=True):
    leaves: int  # each way, in Chromium
    firefox: int  # each way
    bare: int  # each way, by plain fetch
    kills: int
    outage: float  # s
    offline: int  # shoppers
    shoppers: int  # each mood of the outage
    hands: int
    seed: int


class Shown(Struct):
    """What was found, in the order of the report."""

    leaves: list[Leaves] = []
    bare: list[Leaves] = []
    away: list[Away] = []
    offline: list[Away] = []
    kills: Kills | None = None


def arguments() -> Asked:
    parser = argparse.ArgumentParser(prog="python -m loadtest.deliver", description=__doc__)
    parser.add_argument("--leaves", type=int, default=500, help="leave events each way, in Chromium")
    parser.add_argument("--firefox", type=int, default=50, help="the same in Firefox")
    parser.add_argument("--bare", type=int, default=100, help="the same by plain fetch, in Chromium")
    parser.add_argument("--kills", type=int, default=200, help="browsers killed")
    parser.add_argument("--outage", type=float, default=600, help="seconds")
    parser.add_argument("--offline", type=int, default=30, help="shoppers who lose their network")
    parser.add_argument("--shoppers", type=int, default=4, help="for each kind of outage")
    parser.add_argument("--hands", type=int, default=10, help="shoppers who leave at once")
    parser.add_argument("--seed", type=int, default=1)
    return Asked(**vars(parser.parse_args()))


async def show(playwright: Playwright, at: House, asked: Asked) -> Shown:
    shown, began = Shown(), time.monotonic()

    def tell(found: object) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {found}", flush=True)

    async def be_away() -> None:
        async with await browsers.chromium(playwright) as browser:
            shown.away = await outage(
                browser, at, shoppers=asked.shoppers, seconds=asked.outage, seed=asked.seed
            )
            for one in shown.away:
                tell(one)

    async def go() -> None:
        more: dict[str, Any] = {"hands": asked.hands, "seed": asked.seed}
        async with await browsers.chromium(playwright) as browser:
            line, beside = await at.line(), await at.line()
            for how in WAYS:
                for path, where, count, kept in (
                    ("/p", line, asked.leaves, shown.leaves),
                    ("/bare", beside, asked.bare, shown.bare),
                ):
                    kept.append(await leave(browser, at, where, path, how, count, **more))
                    tell(kept[-1])
            shown.offline.append(await offline(browser, at, shoppers=asked.offline, seed=asked.seed))
            tell(shown.offline[-1])
        async with await browsers.firefox(playwright) as browser:
            line = await at.line()
            for how in WAYS:
                shown.leaves.append(await leave(browser, at, line, "/p", how, asked.firefox, **more))
                tell(shown.leaves[-1])
        shown.kills = await killed(playwright, at, await at.line(), asked.kills, hands=3)
        tell(shown.kills)

    async with asyncio.TaskGroup() as both:
        both.create_task(be_away())
        both.create_task(go())
    return shown


def verdicts(shown: Shown, at: House, twice: int, lost: int) -> list[Verdict]:
    assert shown.kills is not None
    chromium = [one for one in shown.leaves if one.name.startswith("chromium")]
    firefox = [one for one in shown.leaves if one.name.startswith("firefox")]
    marks = sum(len(one.marks) for one in shown.away)
    found = sum(one.arrived for one in shown.away)
    return [
        Verdict("deliver-leave-chromium", _share(chromium), ">=", 99.9, "%"),
        Verdict("deliver-leave-firefox", _share(firefox), ">=", 99.9, "%"),
        Verdict("deliver-unanswered", _unanswered(shown.leaves), "<=", 1, "%"),
        Verdict("deliver-outage", 100 * found / max(1, marks), ">=", 100, "%"),
        Verdict("deliver-offline", shown.offline[0].percent, ">=", 100, "%"),
        Verdict("deliver-killed", 100 * shown.kills.arrived / max(1, shown.kills.sent), ">=", 99, "%"),
        Verdict("deliver-counted-twice", twice, "<=", 0),
        Verdict("deliver-lost-after-answer", lost, "<=", 0),
        Verdict("deliver-preflights", sum(line.methods["OPTIONS"] for line in at.lines), "<=", 0),
    ]


def _share(leaves: list[Leaves]) -> float:
    return 100 * sum(one.arrived for one in leaves) / max(1, sum(one.sent for one in leaves))


def _unanswered(leaves: list[Leaves]) -> float:
    return 100 * sum(one.unanswered for one in leaves) / max(1, sum(one.sent for one in leaves))


async def main(asked: Asked) -> int:
    async with house() as at, async_playwright() as playwright:
        shown = await show(playwright, at, asked)
        found = await at.audit()
        copies = sum(line.copies for line in at.lines)
        events = sum(len(line.told.names) for line in at.lines)
        print(
            f"{events} events reached the edge, {copies} of them more than once; {found.details or 'all fit'}"
        )
        if shown.kills is not None and shown.bare:
            share = 100 * shown.kills.in_local_storage / max(1, shown.kills.sent)
            print(f"beside: plain fetch brought home {_share(shown.bare):.1f} %, ", end="")
            print(f"localStorage kept {share:.1f} % of what a killed browser had written")
        return conclude(verdicts(shown, at, found.twice, found.lost))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
