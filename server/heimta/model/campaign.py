"""Campaigns: who sees what on the page, when, and how often. docs/documents.md explains them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from heimta.model.cart import Minor
from heimta.model.contents import Content
from heimta.model.document import Document, Percent
from heimta.model.ids import Name, Shop
from heimta.model.theme import ThemeChange


class Trigger(Document, frozen=True):
    """The rule that waits for a signal.

    exit: the shopper is about to leave · after: `after_s` seconds on the page ·
    checkout: the checkout page opened · engaged: `after_s` seconds and a tap, click or scroll.
    """

    on: Literal["exit", "after", "checkout", "engaged"]
    after_s: Annotated[float, Meta(ge=0, le=3600)] = 0


class Audience(Document, frozen=True):
    """Who may see it. Everything given must hold; what is left out does not matter."""

    min_cart_minor: Minor | None = None
    max_cart_minor: Minor | None = None
    min_items: Annotated[int, Meta(ge=0)] | None = None
    pages: Annotated[tuple[str, ...], Meta(max_length=50)] = ()  # path globs with *: /product/*
    not_pages: Annotated[tuple[str, ...], Meta(max_length=50)] = ()
    devices: tuple[Literal["pointer", "touch"], ...] = ()
    languages: tuple[str, ...] = ()
    visitors: Literal["all", "new", "returning"] = "all"
    push: Literal["any", "subscribed", "unsubscribed"] = "any"


class Frequency(Document, frozen=True):
    """At most `max` times in `per_h` hours per visitor; never again once accepted or answered."""

    max: Annotated[int, Meta(ge=1, le=1000)] = 1
    per_h: Annotated[float, Meta(gt=0, le=24 * 365)] = 24


class Offer(Document, frozen=True):
    """A coupon rule: one unique code a visitor.

    value: percent 1-100 for `percent`, minor units for `amount`, ignored for `free_shipping`.
    """

    kind: Literal["percent", "amount", "free_shipping"]
    value: Minor = 0
    prefix: Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,12}\Z")] = ""
    expires_min: Annotated[int, Meta(ge=1, le=60 * 24 * 90)] = 60
    min_cart_minor: Minor = 0


class Variant(Document, frozen=True):
    id: Name
    content: Content
    weight: Annotated[int, Meta(ge=1, le=100)] = 100


class Campaign(Document, frozen=True, tag_field="kind", tag="campaign"):
    id: Name
    shop: Shop
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    trigger: Trigger
    variants: Annotated[tuple[Variant, ...], Meta(min_length=1, max_length=10)]
    live: bool = False
    audience: Audience = field(default_factory=Audience)
    frequency: Frequency = field(default_factory=Frequency)
    priority: Annotated[int, Meta(ge=0, le=1000)] = 100  # the larger goes first
    holdout_pct: Percent = 50  # learn, then earn: see docs/documents.md
    goal_days: Annotated[int, Meta(ge=1, le=60)] = 7  # orders count this long after exposure
    offer: Offer | None = None
    theme: ThemeChange | None = None  # only what it has otherwise than its shop
