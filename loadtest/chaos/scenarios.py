"""Which scenarios there are, and how a seed goes through them."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence

from loadtest.chaos import damage, due, full, kills, order, poison, stalls
from loadtest.chaos.world import Outcome, World, world

Tell = Callable[[int, Outcome], None]

# One after the other in the same Heimta, each in a shop of its own.
TOGETHER: dict[str, Callable[[World], Awaitable[Outcome]]] = {
    "C1": kills.c1,
    "C2": kills.c2,
    "C3": stalls.c3,
    "C4": stalls.c4,
    "C6": full.c6,
    "C7": stalls.c7,
    "C8": stalls.c8,
    "C11": order.c11,
    "C15": poison.c15,
    "C16": kills.c16_of_each,
}
# Each in a Heimta of its own, since they break what cannot be mended while it runs.
ALONE = ("C5", "C12", "C13", "C18")
BY_TURNS = (("C12", "C18"), ("C5", "C13"))  # even and odd seeds, where time is short
NAMES = [*TOGETHER, *ALONE]
OPENED_BY_THEMSELVES = {"C11", "C15"}
MILLION = 1_000_000
SOME = 2_000


def names_of(seed: int) -> list[str]:
    """A seed's scenarios where time is short: those that need a Heimta of their own take turns."""
    return [*TOGETHER, *BY_TURNS[seed % 2]]


async def run_seed(
    seed: int, names: Sequence[str], *, seconds: float, rate: float, is_deep: bool, tell: Tell
) -> None:
    """is_deep: also what takes minutes: a million steps, a minute stopped, an entry that hangs, all restarts.

    The two halves of a seed run beside each other, since most of their time is waiting; not when deep.
    """
    halves = [
        _or_tell(seed, half(seed, names, seconds=seconds, rate=rate, is_deep=is_deep, tell=tell), tell)
        for half in (_together, _alone)
    ]
    if is_deep:
        for half in halves:
            await half
    else:
        await asyncio.gather(*halves)


async def _or_tell(seed: int, half: Awaitable[None], tell: Tell) -> None:
    """A scenario that breaks down itself is a broken promise, and ends this half of this seed only."""
    try:
        await half
    except Exception as error:
        traceback.print_exc()
        told = f"{type(error).__name__}: {error}; what comes after it was not run"
        tell(seed, Outcome("?", broken=[told]))


async def _together(
    seed: int, names: Sequence[str], *, seconds: float, rate: float, is_deep: bool, tell: Tell
) -> None:
    chosen = [name for name in TOGETHER if name in names]
    if not chosen:
        return
    shops = [name.lower() for name in chosen if name not in OPENED_BY_THEMSELVES]
    async with world(seed, shops, seconds=seconds, rate=rate) as made:
        for name in chosen:
            tell(seed, await TOGETHER[name](made))
        if is_deep:
            await _deep(made, chosen, tell)


async def _alone(
    seed: int, names: Sequence[str], *, seconds: float, rate: float, is_deep: bool, tell: Tell
) -> None:
    if "C5" in names:
        tell(seed, await full.c5(seed, seconds=seconds, rate=rate))
    if "C12" in names:
        tell(seed, await due.c12(seed, visitors=MILLION if is_deep else SOME, rate=rate))
    if "C13" in names:
        tell(seed, await due.c13(seed, rate=rate))
    if "C18" in names:
        tell(seed, await damage.c18(seed, rate=rate))


async def _deep(made: World, names: Sequence[str], tell: Tell) -> None:
    if "C3" in names:
        await made.open_shop("c3-long")
        stops_s = (10.0,) if made.seed % 2 else (60.0,)
        tell(made.seed, await stalls.c3(made, stops_s, "c3-long"))
    if "C16" in names:
        await made.open_shop("c16-all")
        tell(made.seed, await kills.c16(made, made.system.all, "c16-all"))
    if "C15" in names:
        tell(made.seed, await poison.c15(made, ("hang", "kill"), "c15-deep"))
