"""Seven ways back, on a virtual clock: to the millisecond, and never after the order."""

from __future__ import annotations

import msgspec
import pytest

from heimta.journeys.audiences import is_in
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Wait, all_steps
from heimta.rules.templates import fitted, templates
from heimta.rules.tokens import read_restore
from heimta.store import restore
from heimta.worker.carriers.texts import say
from tests.journeys.conftest import Hire
from tests.journeys.shopper import DAY, HOUR, MINUTE, SECRETS, SHOP, Shopper

QUARTER = 15 * MINUTE
STEPS = [
    ("chat", QUARTER),
    ("mail", QUARTER + 2 * HOUR),
    ("text", QUARTER + DAY),
    ("bell", QUARTER + 3 * DAY),
]


def seven_ways(shop: ShopDoc = SHOP) -> Journey:
    """As it is shipped, switched on, for everyone."""
    document = fitted(templates()["seven-ways-back"], shop)
    assert isinstance(document, Journey)
    return msgspec.structs.replace(document, live=True, holdout_pct=0)


async def leaves_the_checkout(hire: Hire) -> Shopper:
    shopper = await hire(seven_ways())
    await shopper.tells_everything()
    await shopper.fills_cart(5000, lines=2)
    await shopper.does(("checkout_started", {}))
    return shopper


async def is_in_ads(shopper: Shopper) -> bool:
    state = await shopper.state()
    member = state.audiences.get("left-checkout")
    return member is not None and is_in(state, member)


async def test_nothing_at_14_59_and_a_message_at_15_00(hire: Hire) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(QUARTER - 1000)
    assert shopper.told() == []
    await shopper.wait(999)
    assert shopper.told() == []
    await shopper.wait(1)
    assert shopper.told() == [("chat", QUARTER)]


async def test_each_step_comes_at_its_own_time_by_its_own_channel(hire: Hire) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(30 * DAY)
    assert shopper.told() == STEPS
    assert [one.channel for one in shopper.sent] == ["messenger", "email", "sms", "push"]
    state = await shopper.state()
    assert state.enrollments["seven-ways-back"].ended == "done"
    assert sorted(held.outcome for held in state.deliveries.values()) == ["sent"] * 4


async def test_each_message_tells_of_the_cart_as_it_is_then(hire: Hire) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(HOUR)
    await shopper.fills_cart(9000, lines=3)  # back in another mood, after the first message
    await shopper.wait(30 * DAY)
    lines = [[line.sku for line in one.job.cart.cart.lines] for one in shopper.sent if one.job.cart]
    assert lines == [["hat-0", "hat-1"], *[["hat-0", "hat-1", "hat-2"]] * 3]
    for one, skus in zip(shopper.sent, lines, strict=True):
        token = one.job.links.restore.rpartition("/")[2]
        partition, name = read_restore(SECRETS.signing, token)
        row = await restore.find(shopper.redis, "demo", partition, name)
        assert row is not None and [sku for sku, _ in row.lines] == skus
    chat, mail, text, bell = (one.job for one in shopper.sent)
    assert say(chat, chat.step.body).startswith("Hat 0 is still in it")
    assert "nearly done" in say(mail, mail.step.body)
    assert text.coupon is not None and text.coupon.code in say(text, text.step.body)
    assert say(bell, bell.step.body) == "Hat 0 is waiting in it."
    assert [one.job.coupon is not None for one in shopper.sent] == [False, False, True, False]


@pytest.mark.parametrize("number", range(len(STEPS) + 1))
async def test_an_order_between_any_two_steps_stops_all_that_follow(hire: Hire, number: int) -> None:
    shopper = await leaves_the_checkout(hire)
    due = [at for _, at in STEPS]
    await shopper.wait((due[number] if number < len(due) else due[-1] + HOUR) - 1)
    assert await is_in_ads(shopper) == (number > 1)
    await shopper.orders()
    await shopper.wait(30 * DAY)
    assert shopper.told() == STEPS[:number]
    assert not await is_in_ads(shopper)
    state = await shopper.state()
    ended = state.enrollments["seven-ways-back"].ended if "seven-ways-back" in state.enrollments else "never"
    assert ended == ("ordered" if number else "never")


@pytest.mark.parametrize("number", range(len(STEPS)))
async def test_an_order_that_races_the_send_wins(hire: Hire, number: int) -> None:
    """The step is due, every rule has let it through, the message is being packed: then the order comes."""
    shopper = await leaves_the_checkout(hire)
    step, due = STEPS[number]
    await shopper.wait(due - 1)
    shopper.while_packing = shopper.orders
    await shopper.wait(30 * DAY)
    assert shopper.while_packing is None, f"{step} was never packed"
    assert shopper.told() == STEPS[:number]


async def test_who_comes_back_in_time_is_left_alone_until_the_next_silence(
    hire: Hire,
) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(QUARTER - 1)
    await shopper.does(("checkout_step_reached", {"step": "payment"}))
    await shopper.wait(QUARTER - 1)
    assert shopper.told() == []
    await shopper.wait(1)
    assert shopper.told() == [("chat", 2 * QUARTER - 1)]


async def test_a_cart_that_never_saw_the_checkout_is_none_of_it(hire: Hire) -> None:
    shopper = await hire(seven_ways())
    await shopper.tells_everything()
    await shopper.fills_cart()
    await shopper.wait(30 * DAY)
    assert shopper.told() == [] and not (await shopper.state()).enrollments


async def test_a_worker_that_slept_sends_one_message_and_keeps_the_distances(hire: Hire) -> None:
    """Asleep for five hours: Messenger is too late, the e-mail is not. Nothing comes at once."""
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(5 * HOUR, asleep=True)
    assert shopper.told() == [("mail", 5 * HOUR)]
    await shopper.wait(30 * DAY)
    late = 5 * HOUR - (QUARTER + 2 * HOUR)
    assert shopper.told() == [
        ("mail", 5 * HOUR),
        ("text", QUARTER + DAY + late),
        ("bell", QUARTER + 3 * DAY + late),
    ]


async def test_a_worker_that_slept_for_a_week_floods_nobody(hire: Hire) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(7 * DAY, asleep=True)
    await shopper.wait(30 * DAY)
    assert shopper.told() == []


async def test_who_began_goes_on_by_the_version_they_began_with(hire: Hire) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(HOUR)
    old = seven_ways()
    steps = tuple(
        msgspec.structs.replace(step, minutes=5.0) if isinstance(step, Wait) else step
        for step in old.steps[1:]
    )
    new = msgspec.structs.replace(old, steps=steps)
    assert len(all_steps(new.steps)) < len(all_steps(old.steps))
    shopper.apply(new, older={(old.id, 1): old})
    await shopper.wait(30 * DAY)
    assert shopper.told() == STEPS


async def test_switched_off_it_ends_for_everyone_in_it(hire: Hire) -> None:
    shopper = await leaves_the_checkout(hire)
    await shopper.wait(HOUR)
    off = msgspec.structs.replace(seven_ways(), live=False)
    shopper.apply(off, older={(off.id, 1): off})
    await shopper.wait(30 * DAY)
    assert shopper.told() == STEPS[:1]
    assert (await shopper.state()).enrollments["seven-ways-back"].ended == "journey off"
