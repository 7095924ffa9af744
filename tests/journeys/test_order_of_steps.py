"""What holds a message back holds the steps behind it; what was never written ends like nothing was."""

from __future__ import annotations

import msgspec
import pytest

from heimta.channels.result import SENT, gone
from heimta.journeys.order import LONGEST_MS
from heimta.model.campaign import Attention
from heimta.model.condition import Condition
from heimta.model.consent import ConsentNote
from heimta.model.journey import Branch, Exit, Send, Step, Trigger, Wait, WaitFor
from heimta.model.person import address_of
from heimta.store.connect import Client
from tests.journeys.conftest import Hire
from tests.journeys.shopper import DAY, HOUR, NOON, SHOP, Shopper
from tests.journeys.test_machine import journey, push
from tests.worker.shop import MINUTE, VISITOR

NIGHT_ENDS = NOON + 9 * HOUR  # 20:00 UTC
ASLEEP = msgspec.structs.replace(SHOP, attention=Attention(quiet="12:00-20:00", apart_h=0))
MAIL = Send("mail", "email", "Still in it", "{item}")
THIRD = (Wait("v", 60), push("third"))
UNLESS_TAPPED = WaitFor("tapped", Condition(clicked="bell"), 240, then=(Exit("thanks"),), otherwise=(MAIL,))


async def night(redis: Client, *steps: Step) -> Shopper:
    """A cart that is left so late that its push falls into quiet hours."""
    shopper = Shopper(redis, journey("night", "cart_abandoned", *steps), shop=ASLEEP)
    assert await shopper.owner.take_over()
    await shopper.tells_everything()
    await shopper.wait(45 * MINUTE)
    await shopper.fills_cart()
    return shopper


async def test_the_mail_waits_for_the_push_that_the_night_held_back(redis: Client) -> None:
    shopper = await night(redis, push("bell"), UNLESS_TAPPED)
    await shopper.wait(2 * DAY)
    assert shopper.told(NIGHT_ENDS) == [("bell", 0), ("mail", 4 * HOUR)]


async def test_who_taps_the_push_in_the_morning_gets_no_mail(redis: Client) -> None:
    shopper = await night(redis, push("bell"), UNLESS_TAPPED)
    await shopper.wait(NIGHT_ENDS - shopper.now + MINUTE)
    await shopper.does(("message_clicked", {"message": shopper.sent[0].job.message.id}))
    await shopper.wait(2 * DAY)
    assert shopper.told(NIGHT_ENDS) == [("bell", 0)]


async def test_a_wait_since_the_start_keeps_its_hour(redis: Client) -> None:
    shopper = await night(redis, push("bell"), Wait("later", 660, since="start"), MAIL)
    await shopper.wait(2 * DAY)
    begun = NOON + 75 * MINUTE
    assert shopper.told(begun) == [("bell", NIGHT_ENDS - begun), ("mail", 11 * HOUR)]


async def test_a_wait_at_the_end_of_a_way_is_counted_from_the_push_on_it(redis: Client) -> None:
    ways = {"then": (push("bell"), Wait("w", 60)), "otherwise": (push("other"),)}
    shopper = await night(redis, Branch("b", Condition(known=("email",)), **ways), MAIL)
    await shopper.wait(2 * DAY)
    assert shopper.told(NIGHT_ENDS) == [("bell", 0), ("mail", HOUR)]


async def test_a_held_push_that_is_not_sent_any_more_holds_nothing_longer(redis: Client) -> None:
    shopper = await night(redis, push("bell"), Wait("later", 60), MAIL)
    await shopper.wait(HOUR)
    await shopper.tell("consent", msgspec.json.encode(ConsentNote(VISITOR, "push", False, "centre")))
    await shopper.wait(2 * DAY)
    assert shopper.told(NIGHT_ENDS) == [("mail", 0)]


async def test_a_message_of_which_no_word_ever_comes_holds_its_journey_for_eight_days(hire: Hire) -> None:
    shopper = await hire(
        journey(
            "lost",
            "cart_abandoned",
            push("bell"),
            Wait("w", 60),
            push("again", max_late_min=60 * 24 * 30),
            *THIRD,
        )
    )
    await shopper.tells_everything()
    await shopper.fills_cart()
    while await shopper.owner.fire_due(now=shopper.now + HOUR):
        pass
    for name in list(shopper.owner.outbox):
        shopper.owner.outbox.drop(name)
    lost = shopper.now + HOUR
    assert (await shopper.state()).next_due == lost + LONGEST_MS
    await shopper.wait(20 * DAY)
    assert shopper.told(lost) == [("again", LONGEST_MS), ("third", LONGEST_MS + HOUR)]


@pytest.mark.parametrize("changes", [True, False])
async def test_a_step_that_was_skipped_wrote_to_nobody(hire: Hire, changes: bool) -> None:
    """Who has no Messenger and is back at the cart is not told that they left it."""
    steps = (Send("chat", "messenger", "Hello"), Wait("w", 120), MAIL)
    shopper = await hire(journey("ways", "cart_abandoned", *steps))
    await shopper.does(
        ("consent_changed", {"analytics": True, "marketing": True}),
        ("visitor_identified", {"email": "ann@post.example"}),
    )
    await shopper.tell("consent", msgspec.json.encode(ConsentNote(VISITOR, "email", True, "given")))
    await shopper.fills_cart()
    await shopper.wait(2 * HOUR)
    if changes:
        await shopper.fills_cart(6000)
    await shopper.wait(DAY)
    left = 2 * HOUR if changes else 0
    assert shopper.told() == [("mail", left + 30 * MINUTE + 2 * HOUR)]


async def test_a_step_that_was_skipped_is_decided_anew_when_the_journey_begins_anew(hire: Hire) -> None:
    """The push was not allowed yet when the cart was left for the first time."""
    shopper = await hire(journey("ways", "cart_abandoned", push("bell"), Wait("w", 600), MAIL))
    await shopper.does(
        ("consent_changed", {"analytics": True, "marketing": True}),
        ("visitor_identified", {"email": "ann@post.example"}),
    )
    await shopper.tell("consent", msgspec.json.encode(ConsentNote(VISITOR, "email", True, "given")))
    await shopper.fills_cart()
    await shopper.wait(HOUR)
    await shopper.tells_everything()
    await shopper.fills_cart(6000)
    await shopper.wait(DAY)
    assert shopper.told() == [("bell", 90 * MINUTE), ("mail", 90 * MINUTE + 10 * HOUR)]


async def test_a_message_to_an_address_that_was_none_wrote_to_nobody(hire: Hire) -> None:
    """A slip of the finger in the address: the mail came back, and the shopper to the cart."""
    shopper = await hire(journey("ways", "cart_abandoned", MAIL))
    await shopper.tells_everything()
    await shopper.fills_cart()
    shopper.answer = gone("no such mailbox")
    await shopper.wait(HOUR)
    shopper.answer = SENT
    await shopper.does(("visitor_identified", {"email": "anna@post.example"}))
    await shopper.tell("consent", msgspec.json.encode(ConsentNote(VISITOR, "email", True, "given")))
    await shopper.fills_cart(6000)
    await shopper.wait(DAY)
    assert [(one.step, address_of(one.job.state, "email")) for one in shopper.sent] == [
        ("mail", "ann@post.example"),
        ("mail", "anna@post.example"),
    ]


async def test_a_push_that_is_shown_is_no_visit(hire: Hire) -> None:
    looked = journey("looked", Trigger("browse_abandoned", after_min=30), push("bell"), again_h=0)
    away = WaitFor("back", Condition(came_back=True), 240, otherwise=(MAIL,))
    waits = journey("waits", Trigger("browse_abandoned", after_min=60), away, topic="news")
    shopper = await hire(looked, waits)
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", {"sku": "hat-1"}))
    for _ in range(3):
        await shopper.wait(2 * HOUR)
        await shopper.does(("message_shown", {"message": shopper.sent[0].job.message.id}))
    await shopper.wait(DAY)
    assert sorted(step for step, _ in shopper.told()) == ["bell", "mail"]
