"""Journeys: what follows when a shopper has left, step by step. docs/journeys.md explains them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.campaign import Offer
from heimta.model.channel import Channel
from heimta.model.document import Document, Percent, Text
from heimta.model.ids import Name, Shop
from heimta.model.preferences import Topic


class Wait(Document, frozen=True, tag_field="do", tag="wait"):
    id: Name
    minutes: Annotated[float, Meta(ge=0, le=60 * 24 * 90)]


class Send(Document, frozen=True, tag_field="do", tag="send"):
    """One message. What a channel has no place for is left out: an SMS has a body and a link.

    title: of a push, an e-mail's subject. button: what the link is called. picture: of the cart's first line.
    template: an e-mail's. coupon: a code of the shopper's own, {code} in the texts.
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


Step = Wait | Send


class Journey(Document, frozen=True, tag_field="kind", tag="journey"):
    """service: order confirmations and the like; not marketing, so no budget, topic or holdout holds them."""

    id: Name
    shop: Shop
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    trigger: Literal["cart_abandoned"]
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=30)]
    live: bool = False
    service: bool = False
    topic: Topic = "cart"  # what its messages are about: shoppers may switch it off
    holdout_pct: Percent = 10
    goal_days: Annotated[int, Meta(ge=1, le=60)] = 7
