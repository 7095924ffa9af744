"""One owner a partition, one atomic write a step: nothing is lost, folded twice or sent after the order."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from heimta.model.message import DeliveryNote
from heimta.store import keys
from heimta.store.partition import NEVER_DUE, LostLease
from heimta.worker import owner as owner_room
from heimta.worker.owner import DUE
from heimta.worker.timers import UNREAD_MS
from tests.worker.conftest import Desk
from tests.worker.shop import MINUTE, T0, VISITOR, batch, cart, order, outcomes

LATER = T0 + 30 * MINUTE


def subscription() -> bytes:
    told = {"endpoint": "https://push.example/x", "keys": {"p256dh": "k" * 87, "auth": "a" * 22}}
    return msgspec.json.encode({"vid": VISITOR, "subscription": told})


async def abandon(desk: Desk) -> None:
    await desk.tell("batch", batch(("cart_updated", T0, {"cart": cart(5000)})), T0)
    await desk.tell("push", subscription(), T0)


async def test_a_due_timer_puts_one_message_into_the_outbox_and_the_next_owner_finds_it(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    assert await owner.fire_due(now=LATER - 1) == 0
    assert await owner.fire_due(now=LATER) == 1
    assert await owner.fire_due(now=LATER + 1) == 0
    [message] = owner.outbox.values()
    await owner.release()
    successor = desk.owner("two")
    assert await successor.take_over()
    assert list(successor.outbox.values()) == [message]


async def test_an_order_that_was_acknowledged_before_the_timer_wins(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    await owner.fold()
    # Acknowledged, and not folded yet: the timer must read the log to its end first.
    await desk.tell("order", order("1", 5000, LATER - 5), LATER - 5)
    await owner.fire_due(now=LATER)
    assert owner.outbox == {}


async def test_a_second_worker_cannot_own_the_same_partition(desk: Desk) -> None:
    assert await desk.owner("one").take_over()
    assert not await desk.owner("two").take_over()


async def test_an_owner_that_lost_its_lease_writes_nothing(desk: Desk) -> None:
    slow = desk.owner("slow")
    assert await slow.take_over()
    await abandon(desk)
    await desk.redis.delete(keys.lease(0))  # it ran out while the owner was paused
    quick = desk.owner("quick")
    assert await quick.take_over()
    await quick.fold()
    after = await desk.everything()
    with pytest.raises(LostLease):
        await slow.fold()
    with pytest.raises(LostLease):
        await slow.renew()
    assert await desk.everything() == after


async def test_a_crash_between_any_two_steps_ends_in_the_same_state(desk: Desk) -> None:
    """Folded in one go, or by an owner a step that dies after each: byte for byte the same."""
    story = [
        ("batch", batch(("page_viewed", T0, {}), ("cart_updated", T0, {"cart": cart(5000)})), T0),
        ("push", subscription(), T0),
        ("order", order("1", 4500, T0 + MINUTE), T0 + MINUTE),
        ("batch", batch(("page_viewed", T0 + 2 * MINUTE, {}), first=2), T0 + 2 * MINUTE),
    ]
    for kind, data, at in story:
        await desk.tell(kind, data, at)
        owner = desk.owner(f"owner-{at}-{kind}")
        assert await owner.take_over()
        await owner.fold()
        await desk.redis.delete(keys.lease(0))
    stepwise = await desk.everything()
    await desk.redis.flushall()
    for kind, data, at in story:
        await desk.tell(kind, data, at)
    owner = desk.owner()
    assert await owner.take_over()
    await owner.fold()
    assert await desk.everything() == stepwise


async def test_an_unreadable_entry_is_passed_over_and_counted(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    await desk.tell("batch", b"{", T0)
    await desk.tell("batch", batch(("page_viewed", T0, {})), T0)
    assert await owner.fold() == 2
    assert owner.poison == 1
    assert (await desk.state(owner)).first_at == T0


async def test_an_entry_that_breaks_the_fold_is_passed_over_and_its_neighbours_are_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = owner_room.apply_fact

    def apply_fact(state: object, fact: Any, **more: Any) -> Any:
        if fact.received == T0 + 1:
            raise ZeroDivisionError("a bug")
        return real(state, fact, **more)

    monkeypatch.setattr(owner_room, "apply_fact", apply_fact)
    owner = desk.owner()
    assert await owner.take_over()
    for i in range(3):
        await desk.tell("batch", batch(("page_viewed", T0 + i, {}), src=f"source{i:05d}"), T0 + i)
    assert await owner.fold() == 3
    assert owner.poison == 1
    seen = (await desk.state(owner)).seen
    assert {key.partition(".")[2] for key in seen} == {"source00000", "source00002"}
    assert await owner.fold() == 0


async def test_a_shop_the_worker_does_not_know_yet_is_looked_up_before_anything_is_lost(desk: Desk) -> None:
    desk.is_new_shop = True
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    assert await owner.fold() == 2
    assert (await desk.state(owner)).carts


async def test_a_timer_waits_while_its_shops_documents_cannot_be_read(desk: Desk) -> None:
    """As with a worker that is older than who wrote them: what was due is not given up for good."""
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    await owner.fold()
    await owner.release()
    desk.is_new_shop = True
    older = desk.owner("older")
    assert await older.take_over() and await older.fire_due(now=LATER) == 1
    await older.release()
    desk.is_new_shop = False
    mended = desk.owner("mended")
    assert await mended.take_over() and await mended.fire_due(now=LATER + UNREAD_MS) == 1
    assert len(mended.outbox) == 1


async def test_a_finished_message_leaves_the_outbox_and_its_outcome_is_folded(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    await owner.fire_due(now=LATER)
    [message] = owner.outbox.values()
    note = DeliveryNote(VISITOR, message.id, message.journey, "gone", "http_410", told=T0)
    await owner.finish(message, note, now=LATER)
    state = await desk.state(owner)
    assert outcomes(state) == {message.id: "gone"}
    assert state.subscription is None
    assert await desk.redis.hgetall(keys.outbox(0)) == {}


async def test_the_log_is_trimmed_only_where_it_was_folded(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    seen = [batch(("page_viewed", T0, {}), first=number) for number in range(600)]
    for number in range(300):
        await desk.tell("batch", seen[number], T0)
    while await owner.fold():
        pass
    at = int((await desk.redis.get(keys.checkpoint(0))).split(b"-")[0])
    while (await desk.redis.time())[0] * 1000 <= at:  # ids of another millisecond than the folded ones
        await asyncio.sleep(0.05)
    for number in range(300, 600):
        await desk.tell("batch", seen[number], T0)
    await owner.trim(2**52)
    left = await desk.redis.xlen(keys.log(0))
    assert 300 <= left < 500  # Redis drops whole nodes of a hundred
    while await owner.fold():
        pass
    counts = await desk.redis.hgetall(keys.rollup(0, "demo", "20251121"))
    assert counts[b"21:page_viewed"] == b"600"


async def test_many_timers_due_at_once_are_fired_in_bounded_steps_and_the_log_goes_first(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    for number in range(450):
        told = batch(("cart_updated", T0, {"cart": cart(5000)}), vid=f"{number:022d}")
        await desk.tell("batch", told, T0)
    # The last one buys before its timer is fired, while others' are fired already.
    assert await owner.fire_due(now=LATER) == DUE
    assert owner.due_since == LATER
    await desk.tell("order", order("1", 5000, LATER, visitor=f"{449:022d}"), LATER)
    assert [await owner.fire_due(now=LATER) for _ in range(3)] == [DUE, 450 - 2 * DUE - 1, 0]
    assert owner.due_since == 0
    counts = await desk.redis.hgetall(keys.rollup(0, "demo", "20251121"))
    assert counts[b"21:abandoned"] == b"449"


async def test_an_owner_knows_when_its_earliest_timer_is_due(desk: Desk) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    assert owner.wake_at == 0  # what an owner before left is looked for
    assert await owner.fire_due(now=T0) == 0
    assert owner.wake_at == NEVER_DUE
    await abandon(desk)
    await owner.fold()
    assert owner.wake_at == LATER
    assert await owner.fire_due(now=LATER) == 1
    assert owner.wake_at == 0  # there may be more
    assert await owner.fire_due(now=LATER) == 0
    assert owner.wake_at > LATER
