"""C11: whatever the order and however often, the same states, byte for byte, from the wire to the store.

The same story is told twice to real processes: to one shop in order, once; to the other every batch three
times, hours apart, shuffled, up to a day late, and cut into other batches. The edge has a clock that the
story sets, since a batch's age is measured against it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from loadtest.chaos import check
from loadtest.chaos.browser import now_ms
from loadtest.chaos.odd import FileClock, Oddity
from loadtest.chaos.visits import Visit
from loadtest.chaos.world import ORIGIN, PARTITIONS, Outcome, World

ORDERED, SHUFFLED = "c11-a", "c11-b"  # of the same length, so that states compare after one replacement
VISITORS = 30
HOUR_MS = 3_600_000
LATE_MS = 23 * HOUR_MS
DELAY_MS = 30_000  # a bad network


@dataclass(frozen=True)
class Delivery:
    """at: when it leaves the browser, ms. delay: until it reaches the edge, perhaps by another clock."""

    at: int
    visit: Visit
    src: str
    events: list[dict[str, Any]]
    delay: int = 0

    def body(self) -> bytes:
        visit = self.visit
        told = {"v": 1, "vid": visit.visitor, "sid": visit.session, "src": self.src, "sent": self.at}
        return orjson.dumps({**told, "lang": "de", "ev": self.events})


async def c11(world: World) -> Outcome:
    """Duplicates, shuffled, late by a day, through real processes; against the run in order."""
    outcome, dice = Outcome("C11"), world.dice("C11")
    file = world.folder / "clock-c11"
    clock = FileClock(file)
    edge = world.system.add("edge", Oddity("edge", str(file)).command())
    try:
        edge.start()
        for shop in (ORDERED, SHUFFLED):
            await world.open_shop(shop)
        story = tell(dice, now_ms())
        async with aiohttp.ClientSession() as http:
            for shop, deliveries in ((ORDERED, story), (SHUFFLED, shuffled(story, dice))):
                for delivery in sorted(deliveries, key=lambda d: d.at):
                    clock.set(f"={delivery.at + delivery.delay}")
                    answer = await http.post(
                        f"{edge.url}/s/{shop}", data=delivery.body(), headers={"Origin": ORIGIN}
                    )
                    outcome.must(answer.status == 200, f"{shop} was answered {answer.status}")
                    answer.release()
    finally:
        await edge.end()
        world.system.edges.remove(edge)
    outcome.folded_s = round(await check.quiesce(world.redis, PARTITIONS), 2)
    await _compare(world, {visit.visitor for visit in (d.visit for d in story)}, outcome)
    outcome.found.acked = sum(len(d.events) for d in story)
    return outcome


async def _compare(world: World, visitors: set[str], outcome: Outcome) -> None:
    ordered = await check.states(world.redis, ORDERED, visitors, PARTITIONS)
    shuffled = await check.states(world.redis, SHUFFLED, visitors, PARTITIONS)
    outcome.must(len(ordered) == VISITORS, f"only {len(ordered)} states of {VISITORS}")
    different = [name for name in visitors if ordered[name].replace(b"c11-a", b"c11-b") != shuffled.get(name)]
    outcome.must(not different, f"{len(different)} of {len(visitors)} states differ")
    counted = [await check.counters(world.redis, shop, PARTITIONS) for shop in (ORDERED, SHUFFLED)]
    outcome.found.twice += sum((counted[1] - counted[0]).values())
    outcome.found.lost += sum((counted[0] - counted[1]).values())
    outcome.notes.append(f"{len(visitors) - len(different)} of {len(visitors)} states equal")


def tell(dice: random.Random, began: int) -> list[Delivery]:
    """The story in order: a few pages a visitor, a batch after each act."""
    deliveries = []
    for _ in range(VISITORS):
        visit, now = Visit(dice), began + dice.randint(0, 60_000)
        for _ in range(dice.randint(1, 3)):
            visit.open_page(now)
            page = visit.pages[-1]
            for _ in range(dice.randint(1, 4)):
                visit.act(now, dice.randint(1, 6))
                deliveries.append(Delivery(now, visit, page.src, list(page.outbox)))
                page.outbox.clear()
                now += dice.randint(100, 20_000)
    return deliveries


def shuffled(story: list[Delivery], dice: random.Random) -> list[Delivery]:
    """Every batch three times, at any time within a day; the third in halves."""
    told = []
    for delivery in story:
        for copy in range(3):
            at = delivery.at + (0 if copy == 0 and dice.random() < 0.3 else dice.randint(0, LATE_MS))
            middle = len(delivery.events) // 2 if copy == 2 else 0
            for events in (delivery.events[:middle], delivery.events[middle:]):
                if events:
                    told.append(Delivery(at, delivery.visit, delivery.src, events, dice.randint(0, DELAY_MS)))
    return told
