"""An order of the person that this browser has not heard of: nothing leaves before it has."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from heimta.channels.result import SENT, failed
from heimta.ingest.entry import BoughtNote
from heimta.journeys import decide
from heimta.model.channel import Channel
from heimta.model.journey import Send
from heimta.model.person import hub_of
from heimta.store import attention, keys, ordering
from heimta.worker.owner import Owner
from heimta.worker.tries import SECOND_MS
from tests.worker.conftest import Desk
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, T0, batch, cart, outcomes
from tests.worker.test_owner import LATER, subscription
from tests.worker.test_send import SECRETS
from tests.worker.test_send_once import Gateway, sender, the_message

MAIL = "anna@post.example"
HUB = hub_of("demo", "email", MAIL)


@pytest.fixture(autouse=True)
def reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a channel may reach a visitor is asked elsewhere."""
    for question in ("consented", "unreachable"):
        monkeypatch.setattr(decide, question, lambda *_, **__: "")


async def due(desk: Desk, channel: Channel) -> Owner:
    """One message in the outbox, of a browser that told an address."""
    owner = desk.owner()
    assert await owner.take_over()
    told = batch(
        ("cart_updated", T0, {"cart": cart(5000)}),
        ("visitor_identified", T0, {"email": MAIL, "consent": "x"}),
    )
    await desk.tell("batch", told, T0)
    await desk.tell("push", subscription(), T0)
    await owner.fire_due(now=LATER)
    await owner.postpone(msgspec.structs.replace(the_message(owner), channel=channel))
    return owner


async def send(
    desk: Desk, owner: Owner, gateway: Gateway, *, service: bool = False, now: int = LATER
) -> None:
    message = the_message(owner)
    step = Send("remind", message.channel, "Your cart waits", "{item}")
    journey = msgspec.structs.replace(JOURNEY, steps=(step,), service=service)
    context = replace(CONTEXT, journeys={JOURNEY.id: (journey, 1)})
    await sender(desk, gateway).send(owner, message, context, SECRETS, now=now)


async def hear(desk: Desk, owner: Owner, at: int) -> None:
    """What the hub tells its members."""
    note = BoughtNote(the_message(owner).visitor, HUB, "", at)
    await desk.tell("relay", msgspec.json.encode(note), at)
    await owner.fold()


async def spent(desk: Desk, owner: Owner) -> int:
    looked = await attention.look(desk.redis, "demo", [the_message(owner).visitor, HUB], 1)
    return len(looked.touches)


@pytest.mark.parametrize("channel", ["push", "sms"])
async def test_what_is_due_waits_until_the_browser_has_heard_of_the_order_and_is_stopped_by_it(
    desk: Desk, channel: Channel
) -> None:
    owner, gateway = await due(desk, channel), Gateway(SENT)
    await ordering.note(desk.redis, "demo", [HUB], 1, now=LATER - 1)
    await send(desk, owner, gateway)
    waits = the_message(owner)
    assert (gateway.jobs, waits.not_before, waits.tries) == ([], LATER + SECOND_MS, 0)
    assert waits.begun_at == 0 and await spent(desk, owner) == 0
    await hear(desk, owner, LATER - 1)
    await send(desk, owner, gateway, now=waits.not_before)
    assert gateway.jobs == [] and not owner.outbox
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]


async def test_what_was_tried_before_may_have_been_seen_and_still_counts(
    desk: Desk,
) -> None:
    owner, gateway = await due(desk, "push"), Gateway(SENT)
    gone = Gateway(failed("timeout", permanent=False))
    await send(desk, owner, gone)
    tried = the_message(owner)
    assert (len(gone.jobs), tried.tries, await spent(desk, owner)) == (1, 1, 1)
    await ordering.note(desk.redis, "demo", [HUB], 1, now=tried.not_before - 1)
    await send(desk, owner, gateway, now=tried.not_before)
    assert (gateway.jobs, await spent(desk, owner)) == ([], 1)


async def test_an_order_that_was_heard_of_holds_up_nothing_that_began_after_it(desk: Desk) -> None:
    owner, gateway = await due(desk, "push"), Gateway(SENT)
    await ordering.note(desk.redis, "demo", [HUB], 1, now=T0 - 10 * MINUTE)
    await hear(desk, owner, T0 - 10 * MINUTE)
    await send(desk, owner, gateway)
    assert len(gateway.jobs) == 1


async def test_what_is_said_about_the_order_itself_does_not_wait_for_it(desk: Desk) -> None:
    owner, gateway = await due(desk, "push"), Gateway(SENT)
    await ordering.note(desk.redis, "demo", [HUB], 1, now=LATER - 1)
    await send(desk, owner, gateway, service=True)
    assert len(gateway.jobs) == 1


async def test_a_note_of_an_order_that_never_came_runs_out(desk: Desk) -> None:
    await ordering.note(desk.redis, "demo", [HUB], 1, now=LATER)
    await ordering.note(desk.redis, "demo", [HUB], 1, now=LATER + 1)
    assert await ordering.noted_at(desk.redis, "demo", [HUB, "another"], 1) == LATER
    left = await desk.redis.ttl(keys.ordering(0, "demo", HUB))
    assert 0 < left <= keys.ORDERING_TTL_S


async def test_what_was_spent_for_a_claim_that_an_order_refused_is_given_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never left: the person's next message need not wait for it."""
    owner, gateway = await due(desk, "push"), Gateway(SENT)
    real, visitor = owner.claim, the_message(owner).visitor

    async def heard_meanwhile(*asked: object, **how: bool) -> bool:
        monkeypatch.setattr(owner, "claim", real)
        assert await spent(desk, owner) == 1
        await hear(desk, owner, LATER)
        return False

    monkeypatch.setattr(owner, "claim", heard_meanwhile)
    await send(desk, owner, gateway)
    assert gateway.jobs == [] and not owner.outbox
    assert (await attention.look(desk.redis, "demo", [visitor, HUB], 1)).touches == ()
