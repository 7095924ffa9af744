"""What cannot be folded or sent becomes a dead letter, its neighbours are folded, and it can be put back."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest

from heimta.model.message import DeliveryNote
from heimta.store import dead, keys
from heimta.store.dead import Letter
from heimta.store.partition import LostLease, PartitionStore
from heimta.worker import owner as owner_room
from heimta.worker import timers
from heimta.worker.owner import ENDS, TRIES, Owner
from tests.worker.conftest import Desk, Logged
from tests.worker.shop import CONTEXT, MINUTE, T0, VISITOR, batch, cart, order

LATER = T0 + 30 * MINUTE


async def letters(desk: Desk) -> list[Letter]:
    return await dead.read(desk.redis, 1)


async def view(desk: Desk, number: int) -> None:
    """One page view, of its own source."""
    at = T0 + number
    await desk.tell("batch", batch(("page_viewed", at, {}), src=f"source{number:05d}"), at)


def break_fold(monkeypatch: pytest.MonkeyPatch, *broken: int) -> None:
    """Break the fold of what was received at these numbers, until undone."""
    real = owner_room.apply_fact

    def apply_fact(state: object, fact: Any, **more: Any) -> Any:
        if fact.received - T0 in broken:
            raise ZeroDivisionError("a bug")
        return real(state, fact, **more)

    monkeypatch.setattr(owner_room, "apply_fact", apply_fact)


async def owning(desk: Desk, token: str = "one") -> Owner:
    owner = desk.owner(token)
    assert await owner.take_over()
    return owner


async def test_the_culprits_of_a_step_are_found_and_all_others_are_folded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await owning(desk)
    break_fold(monkeypatch, 5, 6, 40)
    for number in range(50):
        await view(desk, number)
    assert await owner.fold() == 50
    assert len((await desk.state(owner)).seen) == 47
    found = await letters(desk)
    assert [letter.dead.received - T0 for letter in found] == [5, 6, 40]
    assert {letter.dead.why for letter in found} == {"ZeroDivisionError: a bug"}
    assert (found[0].dead.shop, found[0].dead.kind, found[0].dead.tries) == ("demo", "batch", 1)


async def test_an_unreadable_entry_is_kept_as_it_came(desk: Desk) -> None:
    owner = await owning(desk)
    await desk.tell("batch", b"\xff{", T0)
    await desk.redis.xadd(keys.log(0), {"nonsense": b"\xff"})
    await view(desk, 1)
    await desk.redis.xadd(keys.log(0), {"nonsense": b"at the end of a step"})
    assert await owner.fold() == 4
    first, second, _ = await letters(desk)
    assert (first.dead.data, first.dead.kind, first.dead.received) == (b"\xff{", "batch", T0)
    assert second.dead.why.startswith("KeyError")
    assert (await desk.state(owner)).seen


async def test_entries_of_a_shop_that_nobody_knows_wait_among_the_dead_letters(desk: Desk) -> None:
    owner = await owning(desk)
    await desk.log.append([Logged("batch", batch(("page_viewed", T0, {})), T0, shop="ghost")])
    assert await owner.fold() == 1
    [letter] = await letters(desk)
    assert "documents cannot be read" in letter.dead.why


async def test_entries_of_a_shop_that_is_served_again_are_put_back_in_any_order(desk: Desk) -> None:
    """As docs/operating.md says: orders among them, and what came after them was folded before."""
    owner = await owning(desk)
    told = [
        Logged("batch", batch(("cart_updated", T0, {"cart": cart(5000)})), T0, shop="late"),
        Logged("order", order("1", 5000, T0 + 1), T0 + 1, shop="late"),
    ]
    await desk.log.append(told)
    assert await owner.fold() == 2
    owner._contexts["late"] = CONTEXT
    news = batch(("page_viewed", T0 + 2, {}), src="another0001")
    await desk.log.append([Logged("batch", news, T0 + 2, shop="late")])
    await owner.fold()
    names = [(letter.partition, letter.place) for letter in await letters(desk)]
    assert await dead.replay(desk.redis, names) == 2
    assert await owner.fold() == 2
    state, _ = await owner.look("late", VISITOR)
    assert state is not None and list(state.orders) == ["1"] and len(state.carts) == 1
    assert await letters(desk) == []


async def test_a_letter_put_back_is_folded_once_even_if_it_is_put_back_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await owning(desk)
    with monkeypatch.context() as bug:
        break_fold(bug, 1)
        for number in range(3):
            await view(desk, number)
        await owner.fold()
    names = [(letter.partition, letter.place) for letter in await letters(desk)]
    assert await dead.replay(desk.redis, names) == 1
    assert await dead.replay(desk.redis, names) == 0
    assert await letters(desk) == []
    assert await owner.fold() == 1
    healed = await desk.everything()
    await desk.redis.flushall()
    owner = await owning(desk)
    for number in (0, 2, 1):
        await view(desk, number)
    await owner.fold()
    assert await desk.everything() == healed


async def test_a_timer_that_cannot_fire_is_kept_and_can_be_armed_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await owning(desk)
    for number in range(6):
        vid = f"{number:022d}"
        changed = batch(("cart_updated", T0, {"cart": cart(5000)}), vid=vid, src=f"source{number:05d}")
        await desk.tell("batch", changed, T0)
    real = timers.fire

    def fire(state: Any, **more: Any) -> None:
        if state.visitor.endswith("4"):
            raise ZeroDivisionError("a bug")
        real(state, **more)

    with monkeypatch.context() as bug:
        bug.setattr(timers, "fire", fire)
        assert await owner.fire_due(now=LATER) == 6
        assert await owner.fire_due(now=LATER) == 0
    [letter] = await letters(desk)
    assert (letter.dead.kind, msgspec.json.decode(letter.dead.data)) == ("timer", {"vid": f"{4:022d}"})
    assert await dead.replay(desk.redis, [(0, letter.place)]) == 1
    assert await owner.fire_due(now=LATER) == 1
    abandoned = (await desk.state(owner, f"{4:022d}")).carts
    assert [held.abandoned_at for held in abandoned.values()] == [LATER]


async def test_a_message_that_broke_the_sender_is_kept_and_never_sent_again(desk: Desk) -> None:
    owner = await owning(desk)
    told = {"endpoint": "https://push.example/x", "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
    await desk.tell("batch", batch(("cart_updated", T0, {"cart": cart(5000)})), T0)
    await desk.tell("push", msgspec.json.encode({"vid": VISITOR, "subscription": told}), T0)
    await owner.fire_due(now=LATER)
    [message] = owner.outbox.values()
    note = DeliveryNote(VISITOR, message.id, message.journey, "failed", "bug")
    await owner.finish(message, note, now=LATER, bug="ZeroDivisionError: a bug")
    [letter] = await letters(desk)
    assert (letter.dead.kind, letter.dead.why) == ("message", "ZeroDivisionError: a bug")
    assert await dead.replay(desk.redis, [(0, letter.place)]) == 0
    assert await letters(desk) == [letter]
    assert await dead.drop(desk.redis, [(0, letter.place)]) == 1
    assert await letters(desk) == []


@pytest.mark.parametrize(("in_a_child", "most"), [(True, 2), (False, ENDS + 2)])
async def test_an_entry_in_hand_at_every_crash_is_passed_over_and_its_neighbours_are_folded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, in_a_child: bool, most: int
) -> None:
    """The process ends without a word: BaseException stands for what no handler sees.

    in_a_child: what ends a worker ends a child that tries it as well, so it costs one life and no more.
    """

    class Killed(BaseException):
        pass

    real, worker = owner_room.apply_fact, os.getpid()
    lives = 0

    def apply_fact(state: object, fact: Any, **more: Any) -> Any:
        if fact.received == T0 + 3 and (in_a_child or os.getpid() == worker):
            raise Killed
        return real(state, fact, **more)

    for number in range(6):
        await view(desk, number)
    with monkeypatch.context() as bug:
        bug.setattr(owner_room, "apply_fact", apply_fact)
        while True:
            lives += 1
            owner = await owning(desk, f"life-{lives}")
            try:
                await owner.fold()
                break
            except Killed:
                await desk.redis.delete(keys.lease(0))  # nobody gave it back: it ran out
    assert lives == most
    [letter] = await letters(desk)
    assert (letter.dead.received, letter.dead.tries) == (T0 + 3, TRIES if in_a_child else ENDS)
    assert len((await desk.state(owner)).seen) == 5
    assert await desk.redis.hgetall(keys.suspects(0)) == {}


async def test_after_an_orderly_stop_nobody_is_suspected(desk: Desk) -> None:
    owner = await owning(desk)
    assert not owner.is_careful
    await owner.release()
    owner = await owning(desk, "two")
    assert not owner.is_careful
    await desk.redis.delete(keys.lease(0))
    assert (await owning(desk, "three")).is_careful


async def test_dead_letters_are_bounded_and_what_made_room_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "DEAD_KEEP", 200)
    owner = await owning(desk)
    for _ in range(450):
        await desk.tell("batch", b"{", T0)
    while await owner.fold():
        pass
    kept = await desk.redis.xlen(keys.dead(0))
    assert 200 <= kept < 450  # Redis drops whole nodes of a hundred
    assert await dead.gone(desk.redis, 1) == 450 - kept


async def test_old_letters_are_dropped_and_counted(desk: Desk) -> None:
    owner = await owning(desk)
    for _ in range(250):
        await desk.tell("batch", b"{", T0)
    await owner.fold()
    last = (await letters(desk))[-1].at
    await owner.trim(0, last + 1)
    kept = await desk.redis.xlen(keys.dead(0))
    assert kept < 250
    assert await dead.gone(desk.redis, 1) == 250 - kept


async def test_the_same_worker_in_a_new_term_fences_off_what_it_had_under_way(desk: Desk) -> None:
    old = PartitionStore(desk.redis, 0, "one")
    new = PartitionStore(desk.redis, 0, "one")
    first, second = await old.acquire(), await new.acquire()
    assert first is not None and second is not None
    assert second.term == first.term + 1 and not second.crashed
    with pytest.raises(LostLease):
        await old.write(owner_room.Write(checkpoint="1-0"), expected="0")
    await old.release()
    await new.write(owner_room.Write(checkpoint="1-0"), expected="0")
    assert await new.checkpoint() == "1-0"
