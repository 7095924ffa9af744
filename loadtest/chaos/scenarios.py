"""Which scenarios there are, and how a seed goes through them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from loadtest.chaos import kills, stalls
from loadtest.chaos.world import Outcome, World, world

Scenario = Callable[[World], Awaitable[Outcome]]
Tell = Callable[[int, Outcome], None]

# One after the other in the same Heimta, each in a shop of its own.
TOGETHER: dict[str, Scenario] = {
    "C1": kills.c1,
    "C2": kills.c2,
    "C3": stalls.c3,
    "C4": stalls.c4,
    "C7": stalls.c7,
    "C8": stalls.c8,
    "C16": kills.c16,
}
NAMES = [*TOGETHER]


async def run_seed(seed: int, names: Sequence[str], *, seconds: float, rate: float, tell: Tell) -> None:
    together = [name for name in TOGETHER if name in names]
    if together:
        async with world(seed, [n.lower() for n in together], seconds=seconds, rate=rate) as made:
            for name in together:
                tell(seed, await TOGETHER[name](made))
