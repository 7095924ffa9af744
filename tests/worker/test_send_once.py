"""What may leave once only: marked before it leaves, and never sent again when nobody knows whether it left.
And the one instant that says whether an order or a message came first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
import pytest
from redis.exceptions import ConnectionError as RedisGone

from heimta.channels.result import BUSY, SENT, Delivery, away, failed, unknown
from heimta.journeys import decide
from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.journey import Send
from heimta.model.message import DeliveryNote, Message
from heimta.model.providers import Sms
from heimta.model.restore import RestoreRow
from heimta.store import ceilings, restore, why
from heimta.store.log import Log, TooFewReplicas
from heimta.store.partition_scripts import LOOK
from heimta.worker.carriers.job import Job
from heimta.worker.owner import Owner
from heimta.worker.pack import Packer
from heimta.worker.send import LOOKS, Sender
from heimta.worker.tries import SECOND_MS
from tests.worker.conftest import Desk, Logged
from tests.worker.shop import CONTEXT, JOURNEY, T0, VISITOR, batch, order, outcomes
from tests.worker.test_owner import LATER, abandon
from tests.worker.test_send import SECRETS

MINUTE = 60_000
Then = Callable[[], Awaitable[None]]


class Gateway:
    """A carrier that answers what it is told to, and remembers whom it was asked to send to."""

    def __init__(self, *answers: Delivery, then: Then | None = None) -> None:
        self.answers = list(answers)
        self.jobs: list[Job] = []
        self.then = then

    async def send(self, job: Job) -> Delivery:
        self.jobs.append(job)
        if self.then is not None:
            await self.then()
        return self.answers.pop(0)

    async def close(self) -> None:
        return None


@pytest.fixture(autouse=True)
def reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a channel may reach a visitor is asked elsewhere."""
    for question in ("consented", "unreachable"):
        monkeypatch.setattr(decide, question, lambda *_, **__: "")


def sender(desk: Desk, gateway: Gateway) -> Sender:
    async def keep(shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        await restore.keep(desk.redis, shop, partition, row_id, row)

    carriers: dict[Channel, Gateway] = {"sms": gateway, "messenger": gateway, "push": gateway}
    packer = Packer(edge_url="https://edge.example", keep_row=keep)
    return Sender(desk.redis, carriers, packer, partitions=1, elapsed=lambda: 0.0)


async def due(desk: Desk, channel: Channel) -> Owner:
    """An owner with one message in its outbox, by that channel."""
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    await owner.fire_due(now=LATER)
    [message] = owner.outbox.values()
    await owner.postpone(msgspec.structs.replace(message, channel=channel))
    return owner


def the_message(owner: Owner) -> Message:
    [message] = owner.outbox.values()
    return message


async def send(ours: Sender, owner: Owner, *, now: int = LATER, shop: ShopDoc = CONTEXT.shop) -> None:
    message = the_message(owner)
    step = Send("remind", message.channel, "Your cart waits", "{item}")
    journey = msgspec.structs.replace(JOURNEY, steps=(step,))
    context = replace(CONTEXT, shop=shop, journeys={JOURNEY.id: (journey, 1)})
    await ours.send(owner, message, context, SECRETS, now=now)


@pytest.mark.parametrize("channel", ["sms", "messenger"])
async def test_it_is_written_down_before_it_leaves(desk: Desk, channel: Channel) -> None:
    owner = await due(desk, channel)
    kept: list[Message] = []

    async def look() -> None:
        kept.extend(msgspec.json.decode(raw, type=Message) for raw in await desk.redis.hvals("{p00}:out"))

    await send(sender(desk, Gateway(SENT, then=look)), owner)
    assert [message.begun_at for message in kept] == [LATER]
    assert list(outcomes(await desk.state(owner)).values()) == ["sent"]


@pytest.mark.parametrize("channel", ["sms", "messenger"])
async def test_after_a_crash_on_the_wire_it_is_told_as_unknown_and_never_sent_again(
    desk: Desk, channel: Channel
) -> None:
    owner = await due(desk, channel)

    async def die() -> None:
        raise RedisGone("killed")

    with pytest.raises(RedisGone):
        await send(sender(desk, Gateway(SENT, then=die)), owner)
    again = Gateway(SENT)
    successor = desk.owner("one")
    assert await successor.take_over()
    await send(sender(desk, again), successor)
    assert again.jobs == [] and not successor.outbox
    assert list(outcomes(await desk.state(successor)).values()) == ["unknown"]


async def test_an_answer_that_says_nothing_ends_it_for_an_sms_and_is_tried_again_for_a_push(
    desk: Desk,
) -> None:
    gateway = Gateway(unknown("timeout"), unknown("timeout"))
    owner = await due(desk, "push")
    ours = sender(desk, gateway)
    await send(ours, owner)
    assert the_message(owner).tries == 1
    await owner.postpone(msgspec.structs.replace(the_message(owner), channel="sms"))
    await send(ours, owner)
    assert not owner.outbox and len(gateway.jobs) == 2
    assert list(outcomes(await desk.state(owner)).values()) == ["unknown"]


async def test_what_was_surely_refused_is_tried_again_and_marked_anew(desk: Desk) -> None:
    busy = failed("http_429", permanent=False, retry_after_s=60.0)
    owner, gateway = await due(desk, "sms"), Gateway(busy, SENT)
    ours = sender(desk, gateway)
    await send(ours, owner)
    waiting = the_message(owner)
    assert (waiting.begun_at, waiting.tries, waiting.not_before) == (0, 1, LATER + 60_000)
    successor = desk.owner("one")
    assert await successor.take_over()
    await send(sender(desk, gateway), successor, now=LATER + 60_000)
    assert len(gateway.jobs) == 2
    assert list(outcomes(await desk.state(successor)).values()) == ["sent"]


async def test_nothing_leaves_until_a_failover_cannot_lose_the_mark(desk: Desk) -> None:
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    asked: list[int] = []

    async def too_few(partition: int) -> None:
        asked.append(partition)
        if len(asked) == 1:
            raise TooFewReplicas("0 of 1 replicas have it")

    ours = sender(desk, gateway)
    ours._confirm = too_few
    with pytest.raises(TooFewReplicas):
        await send(ours, owner)
    assert gateway.jobs == []
    assert await owner.take_over()  # as the loop does
    await send(ours, owner)
    assert asked == [0, 0] and len(gateway.jobs) == 1


async def test_a_store_that_breaks_while_it_takes_the_mark_costs_no_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    ours, real = sender(desk, gateway), owner.claim

    async def taken_but_not_said(message: Message, since: str, *, mark: bool) -> bool:
        await real(message, since, mark=mark)
        raise RedisGone("the answer was lost")

    with monkeypatch.context() as broken:
        broken.setattr(owner, "claim", taken_but_not_said)
        with pytest.raises(RedisGone):
            await send(ours, owner)
    assert await owner.take_over()
    assert the_message(owner).begun_at == LATER
    await send(ours, owner, now=LATER + MINUTE)
    assert len(gateway.jobs) == 1 and not owner.outbox


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize("channel", ["push", "sms"])
async def test_an_order_between_the_last_look_and_the_wire_stops_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, channel: Channel, is_folded: bool
) -> None:
    """Also when the order was folded meanwhile: it is the look that does not know of it."""
    owner, gateway = await due(desk, channel), Gateway(SENT)
    real = owner.look

    async def ordered_right_after(shop: str, visitor: str, **how: bool) -> object:
        seen = await real(shop, visitor, **how)
        monkeypatch.setattr(owner, "look", real)
        await desk.tell("order", order("1", 5000, LATER), LATER)
        if is_folded:
            await owner.fold()
        return seen

    monkeypatch.setattr(owner, "look", ordered_right_after)
    await send(sender(desk, gateway), owner)
    assert gateway.jobs == [] and not owner.outbox
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]


async def test_news_of_somebody_else_holds_nobody_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, gateway = await due(desk, "push"), Gateway(SENT)
    real = owner.look

    async def busy(shop: str, visitor: str, **how: bool) -> object:
        seen = await real(shop, visitor, **how)
        told = batch(("page_viewed", LATER, {}), vid="x" * 22)
        await desk.tell("batch", told, LATER)
        return seen

    monkeypatch.setattr(owner, "look", busy)
    await send(sender(desk, gateway), owner)
    assert len(gateway.jobs) == 1


async def test_a_visitor_with_news_without_a_break_waits_a_second_and_loses_no_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    real, looks = owner.look, 0

    async def never_still(shop: str, visitor: str, **how: bool) -> object:
        nonlocal looks
        seen, looks = await real(shop, visitor, **how), looks + 1
        await desk.tell("batch", batch(("page_viewed", LATER, {}), first=100 + looks), LATER)
        return seen

    monkeypatch.setattr(owner, "look", never_still)
    await send(sender(desk, gateway), owner)
    message = the_message(owner)
    assert looks == LOOKS and gateway.jobs == []
    assert (message.tries, message.not_before, message.begun_at) == (0, LATER + SECOND_MS, 0)


async def test_a_machine_that_slept_after_its_last_look_looks_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    ours, real = sender(desk, gateway), owner.claim
    claims: list[int] = []

    async def slept(message: Message, since: str, *, mark: bool) -> bool:
        claims.append(message.begun_at)
        monkeypatch.setattr(ours, "_elapsed", lambda: 30.0)  # it was 0
        return await real(message, since, mark=mark)

    monkeypatch.setattr(owner, "claim", slept)
    await send(ours, owner)
    assert len(claims) == 2 and len(gateway.jobs) == 1


async def test_two_workers_and_one_that_wakes_up_late_send_one(desk: Desk) -> None:
    """The first is stopped on the wire until its lease is another's; then its answer comes."""
    owner, arrived, go_on = await due(desk, "sms"), asyncio.Event(), asyncio.Event()

    async def stopped() -> None:
        arrived.set()
        await go_on.wait()

    first = Gateway(SENT, then=stopped)
    sleeping = asyncio.create_task(send(sender(desk, first), owner))
    await arrived.wait()
    await desk.redis.delete("{p00}:lease")
    successor, second = desk.owner("two"), Gateway(SENT)
    assert await successor.take_over()
    await send(sender(desk, second), successor)
    go_on.set()
    with pytest.raises(Exception, match="not ours"):
        await sleeping
    assert len(first.jobs) == 1 and second.jobs == []
    assert list(outcomes(await desk.state(successor)).values()) == ["unknown"]


async def test_a_carrier_with_no_hand_free_is_asked_again_in_a_second_at_no_cost(desk: Desk) -> None:
    busy = failed(BUSY, permanent=False)
    owner, gateway = await due(desk, "sms"), Gateway(busy, SENT)
    ours = sender(desk, gateway)
    await send(ours, owner)
    message = the_message(owner)
    assert (message.tries, message.not_before, message.begun_at) == (0, LATER + SECOND_MS, 0)
    await send(ours, owner, now=LATER + SECOND_MS)
    assert len(gateway.jobs) == 2 and not owner.outbox


@pytest.mark.parametrize("channel", ["sms", "messenger"])
async def test_a_login_that_ran_out_loses_nothing_and_is_counted(desk: Desk, channel: Channel) -> None:
    owner, gateway = await due(desk, channel), Gateway(*[away("login")] * 8, SENT)
    ours = sender(desk, gateway)
    for turn in range(8):
        await send(ours, owner, now=LATER + turn * MINUTE)
        message = the_message(owner)
        assert (message.tries, message.begun_at) == (0, 0)
        assert message.not_before == LATER + (turn + 1) * MINUTE
    assert ours.is_paused(("demo", channel), now=LATER + 7 * MINUTE + 1)
    await send(ours, owner, now=LATER + 8 * MINUTE)
    assert list(outcomes(await desk.state(owner)).values()) == ["sent"]
    assert ours.refused == {("demo", channel, "login"): 8}


async def test_what_became_of_another_message_is_no_news(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, gateway = await due(desk, "sms"), Gateway(SENT)
    real, told = owner.look, DeliveryNote(VISITOR, "m" * 22, JOURNEY.id, "sent")

    async def another_ended(shop: str, visitor: str, **how: bool) -> object:
        seen = await real(shop, visitor, **how)
        await desk.tell("delivery", msgspec.json.encode(told), LATER)
        return seen

    monkeypatch.setattr(owner, "look", another_ended)
    await send(sender(desk, gateway), owner)
    assert len(gateway.jobs) == 1


async def test_too_much_news_to_look_through_is_taken_for_news_of_the_visitor(desk: Desk) -> None:
    """An order may stand where nobody looked. Once all of it is known, the claim is granted."""
    owner = desk.owner()
    assert await owner.take_over()
    start = await owner._store.last_id()
    others = [Logged("batch", b'{"vid":"o"}', T0) for _ in range(LOOK - 1)]
    await Log(desk.redis).append(others)
    assert await owner._store.claim(VISITOR, "m", b"", since=start)
    await Log(desk.redis).append([others[0], Logged("order", order("1", 5000, LATER), T0)])
    assert not await owner._store.claim(VISITOR, "m", b"", since=start)
    assert await owner._store.claim(VISITOR, "m", b"", since=await owner._store.last_id())


async def test_beyond_the_shops_ceiling_it_waits_and_the_log_says_why(desk: Desk) -> None:
    gateway, owner = Gateway(SENT), await due(desk, "sms")
    ours, sms = sender(desk, gateway), Sms("AC1", "+4915112345678", per_day=1)
    assert not await ceilings.take(desk.redis, "demo", "sms", "other", most=1, insists=False, now=LATER)
    shop = msgspec.structs.replace(CONTEXT.shop, sms=sms)
    await send(ours, owner, shop=shop)
    assert gateway.jobs == [] and the_message(owner).not_before == LATER + ceilings.DAY_MS
    [row] = await why.of(desk.redis, "demo", 0, VISITOR)
    assert (row.outcome, row.rule, row.until) == ("defer", "sms_per_day", LATER + ceilings.DAY_MS)
    await send(ours, owner, now=LATER + ceilings.DAY_MS, shop=shop)
    assert len(gateway.jobs) == 1
    assert await ceilings.taken(desk.redis, "demo", "sms", now=LATER + ceilings.DAY_MS) == 1
