"""So many at once, the urgent first."""

from __future__ import annotations

import asyncio

from heimta.worker.turnstile import Turnstile


async def through(gate: Turnstile, passed: list[str], name: str, stay: asyncio.Event) -> None:
    async with gate.turn(first=name.startswith("first")):
        passed.append(name)
        await stay.wait()


def start(gate: Turnstile, passed: list[str], stay: asyncio.Event, *names: str) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(through(gate, passed, name, stay)) for name in names]


async def test_each_line_goes_in_order_and_the_first_before_the_others() -> None:
    gate, passed, stay, go_on = Turnstile(1), list[str](), asyncio.Event(), asyncio.Event()
    go_on.set()
    inside = start(gate, passed, stay, "inside")
    await asyncio.sleep(0)
    rest = start(gate, passed, go_on, "a", "b", "first-a", "first-b")
    await asyncio.sleep(0.01)
    assert passed == ["inside"]
    stay.set()
    await asyncio.gather(*inside, *rest)
    assert passed == ["inside", "first-a", "first-b", "a", "b"]


async def test_never_more_than_its_places_at_once() -> None:
    gate, most, within = Turnstile(3), 0, 0

    async def pass_through(number: int) -> None:
        nonlocal most, within
        async with gate.turn(first=number % 3 == 0):
            within += 1
            most = max(most, within)
            await asyncio.sleep(0)
            within -= 1

    await asyncio.gather(*(pass_through(number) for number in range(50)))
    assert (most, within) == (3, 0)


async def test_who_is_called_off_leaves_no_place_taken_waiting_or_just_let_through() -> None:
    gate, passed, stay = Turnstile(1), list[str](), asyncio.Event()
    async with gate.turn(first=False):
        waiting, let_through, last = start(gate, passed, stay, "waiting", "let through", "last")
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
    let_through.cancel()  # in the moment in which it was let through: it has not run yet
    stay.set()
    await asyncio.wait_for(last, 5)
    assert let_through.cancelled() and passed == ["last"]
    async with gate.turn(first=False):  # and nothing is left of any of them
        pass
