"""Journeys: what follows when a shopper has left, step by step. docs/journeys.md explains them.

Steps nest: what follows a branch's `then` or `else` goes on behind the branch. journeys/program.py lays them
out in a row; a shopper's place is a number in that row, of the version they began with.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from heimta.model.campaign import Day, Offer
from heimta.model.channel import Channel
from heimta.model.condition import Condition
from heimta.model.document import Document, Percent, Text
from heimta.model.ids import Name, Shop
from heimta.model.preferences import Topic

# What can begin a journey. docs/journeys.md has a line for each.
Word = Literal[
    "cart_abandoned", "checkout_abandoned", "browse_abandoned",
    "ordered", "shipped", "delivered", "back_in_stock", "price_dropped",
    "subscribed", "signed_up", "cart_wanted",
    "event", "segment", "date",
]  # fmt: skip
WORDS: tuple[Word, ...] = get_args(Word)

Minutes = Annotated[float, Meta(ge=0, le=60 * 24 * 90)]


class Trigger(Document, frozen=True):
    """Which fact begins it. A plain word is short for `{on: word}`.

    after_min: silence, for what is abandoned; left out, the shop's `abandoned_after_min`. event: its name on
    the wire (docs/wire.md); of: its campaign or sku. segment: the shopper comes to meet these conditions.
    date: a `day` by the shop's wall clock, or so many days after `since`, or with `yearly` its anniversaries.
    given: asked of everyone when it begins.
    """

    on: Word
    after_min: Annotated[float, Meta(gt=0, le=60 * 24 * 7)] | None = None
    event: Annotated[str, Meta(max_length=40)] = ""
    of: Annotated[str, Meta(max_length=64)] = ""
    segment: Condition | None = None
    day: Day | None = None
    days_after: Annotated[int, Meta(ge=1, le=730)] | None = None
    since: Literal["first_order", "last_order", "first_visit"] = "last_order"
    yearly: bool = False
    given: Condition | None = None


class Wait(Document, frozen=True, tag_field="do", tag="wait"):
    """since: the step before, or the moment the journey began."""

    id: Name
    minutes: Minutes
    since: Literal["step", "start"] = "step"


class WaitFor(Document, frozen=True, tag_field="do", tag="wait_for"):
    """Goes on with `then` as soon as it holds, with `else` when the time is over."""

    id: Name
    when: Condition = field(name="if")
    minutes: Annotated[float, Meta(gt=0, le=60 * 24 * 90)]
    then: Annotated[tuple[Step, ...], Meta(max_length=20)] = ()
    otherwise: Annotated[tuple[Step, ...], Meta(max_length=20)] = field(name="else", default=())


class Branch(Document, frozen=True, tag_field="do", tag="branch"):
    id: Name
    when: Condition = field(name="if")
    then: Annotated[tuple[Step, ...], Meta(max_length=20)] = ()
    otherwise: Annotated[tuple[Step, ...], Meta(max_length=20)] = field(name="else", default=())


class Send(Document, frozen=True, tag_field="do", tag="send"):
    """One message. What a channel has no place for is left out: an SMS has a body and a link.

    title: of a push, an e-mail's subject. button: what the link is called. picture: of the cart's first line.
    template: an e-mail's. coupon: a code of the shopper's own, {code} in the texts. survey: the campaign
    whose questions an e-mail asks.
    """

    id: Name
    channel: Channel
    title: Text = ""
    body: Text = ""
    button: Text = ""
    picture: bool = True
    template: Name = "cart"
    coupon: Offer | None = None
    max_late_min: Annotated[float, Meta(gt=0, le=60 * 24 * 30)] = 720  # later than this: skipped
    survey: Name | Literal[""] = ""


class AudienceStep(Document, frozen=True, tag_field="do", tag="audience"):
    """Into an ad audience of the shop's, or out of it (model/audience.py)."""

    id: Name
    audience: Name
    change: Literal["add", "remove"] = "add"


class Exit(Document, frozen=True, tag_field="do", tag="exit"):
    id: Name


Step = Wait | WaitFor | Branch | Send | AudienceStep | Exit

# What ends a journey before its last step, besides a no to it.
End = Literal["ordered", "came_back", "cart_filled", "clicked"]


class Journey(Document, frozen=True, tag_field="kind", tag="journey"):
    """service: order confirmations and the like; not marketing, so no budget, topic or holdout holds them.

    ends_on: left out, what the trigger asks for (journeys/ends.py). ends_if: asked before every step.
    priority: of two about the same topic the larger one runs, and ends the other. again_h: a shopper who was
    in it begins again so many hours after they last began; null: never.
    """

    id: Name
    shop: Shop
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    trigger: Word | Trigger
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=30)]
    live: bool = False
    service: bool = False
    topic: Topic = "cart"  # what its messages are about: shoppers may switch it off
    holdout_pct: Percent = 10
    goal_days: Annotated[int, Meta(ge=1, le=60)] = 7
    priority: Annotated[int, Meta(ge=0, le=1000)] = 100
    again_h: Annotated[float, Meta(ge=0, le=24 * 366)] | None = 0
    ends_on: Annotated[tuple[End, ...], Meta(max_length=4)] | None = None
    ends_if: Condition | None = None

    @property
    def begins(self) -> Trigger:
        return self.trigger if isinstance(self.trigger, Trigger) else Trigger(self.trigger)

    @property
    def holdout(self) -> int:
        """Percent of shoppers. Nobody is kept from hearing that their order came through."""
        return 0 if self.service else self.holdout_pct


def all_steps(steps: tuple[Step, ...]) -> list[Step]:
    """Every step, those inside branches too, in the order in which they stand in the document."""
    found: list[Step] = []
    for step in steps:
        found.append(step)
        if isinstance(step, Branch | WaitFor):
            found += [*all_steps(step.then), *all_steps(step.otherwise)]
    return found


def conditions_of(journey: Journey) -> list[Condition]:
    """Every condition in it, wherever it stands."""
    trigger = journey.begins
    asked = [trigger.segment, trigger.given, journey.ends_if]
    asked += [step.when for step in all_steps(journey.steps) if isinstance(step, Branch | WaitFor)]
    return [condition for condition in asked if condition is not None]


def send_step(journey: Journey, step_id: str) -> Send | None:
    """The send of that id, wherever it stands; None where there is none."""
    return next((s for s in all_steps(journey.steps) if isinstance(s, Send) and s.id == step_id), None)
