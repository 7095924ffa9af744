"""Those who ask meanwhile share the next turn; each gets its own answer, or its own error."""

from __future__ import annotations

import asyncio

import pytest

from heimta.store.groups import Groups


class Doubler:
    """Doubles numbers, in groups; holds the first group until it may go on."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self, asked: list[int]) -> list[int | Exception]:
        self.groups.append(asked)
        await self.go_on.wait()
        if self.fault is not None:
            raise self.fault
        return [ValueError(str(one)) if one < 0 else 2 * one for one in asked]


async def begun(doubler: Doubler, groups: Groups[int, int]) -> asyncio.Task[int]:
    """The first question, whose group is under way."""
    first = asyncio.create_task(groups.ask(1))
    while not doubler.groups:
        await asyncio.sleep(0)
    return first


async def test_who_asks_meanwhile_shares_the_next_turn_and_gets_its_own_answer() -> None:
    doubler = Doubler()
    groups = Groups(doubler, most=3)
    first = await begun(doubler, groups)
    others = [asyncio.create_task(groups.ask(one)) for one in (2, -3, 4, 5)]
    await asyncio.sleep(0)
    doubler.go_on.set()
    told = await asyncio.gather(first, *others, return_exceptions=True)
    assert doubler.groups == [[1], [2, -3, 4], [5]]
    assert [one for one in told if isinstance(one, int)] == [2, 4, 8, 10]
    assert isinstance(told[2], ValueError) and str(told[2]) == "-3"


async def test_what_breaks_a_group_is_told_to_all_of_it_and_to_nobody_after() -> None:
    doubler = Doubler()
    groups = Groups(doubler, most=9)
    doubler.fault = ConnectionError("away")
    doubler.go_on.set()
    for told in await asyncio.gather(groups.ask(1), groups.ask(2), return_exceptions=True):
        assert told is doubler.fault
    doubler.fault = None
    assert await groups.ask(3) == 6


async def test_who_gives_up_before_its_turn_is_left_out() -> None:
    doubler = Doubler()
    groups = Groups(doubler, most=9)
    first = await begun(doubler, groups)
    impatient, patient = asyncio.create_task(groups.ask(2)), asyncio.create_task(groups.ask(3))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    doubler.go_on.set()
    assert (await first, await patient) == (2, 6)
    assert doubler.groups == [[1], [3]]


async def test_nobody_waits_for_ever_when_the_loop_ends() -> None:
    doubler = Doubler()
    groups = Groups(doubler, most=1)
    asking = [await begun(doubler, groups), asyncio.create_task(groups.ask(2))]
    await asyncio.sleep(0)
    assert groups._task is not None
    groups._task.cancel()  # as asyncio.run does with every task
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(one) for one in told] == [asyncio.CancelledError] * 2
