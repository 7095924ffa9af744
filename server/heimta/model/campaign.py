"""Campaigns: who sees what on the page, when, and how often. docs/documents.md explains them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from heimta.model.cart import Minor
from heimta.model.contents import Content
from heimta.model.document import Document, Percent
from heimta.model.ids import Name, Shop
from heimta.model.theme import ThemeChange

# *: any run of characters. Of paths (/product/*), and of names without regard to capitals.
Globs = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=50)]
# 09:00-17:00 by a wall clock; over midnight too, 22:00-02:00.
Span = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)\Z",
        description="a time to another, for example 21:00-08:00",
    ),
]
Hours = Annotated[tuple[Span, ...], Meta(max_length=12)]
# A day, or a day and a time, by the shop's wall clock.
Day = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?\Z",
        description="a day or a day and a time, for example 2026-12-24 or 2026-12-24T18:00",
    ),
]
Attribute = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,39}\Z",
        description="a name of letters, digits, _, . and -, for example plan",
    ),
]


class Trigger(Document, frozen=True):
    """The rule that waits for a signal.

    exit: the shopper is about to leave, with a score of `min_score` at least · after: `after_s` seconds on
    the page · engaged: and a tap, key or scroll · checkout: the checkout page opened · order: the thank-you
    page did · scroll: `depth_pct` of the page were seen · idle: no sign of life for `after_s` seconds ·
    added: something was put into the cart · click: on `selector` · call: the shop says heimta('show', id).
    """

    on: Literal["exit", "after", "checkout", "engaged", "order", "scroll", "idle", "added", "click", "call"]
    after_s: Annotated[float, Meta(ge=0, le=3600)] = 0
    min_score: Annotated[float, Meta(ge=0.5, le=1)] | None = None
    depth_pct: Annotated[int, Meta(ge=1, le=100)] | None = None
    selector: Annotated[str, Meta(max_length=300)] = ""


class Audience(Document, frozen=True):
    """Who may see it. Everything given must hold; what is left out does not matter."""

    min_cart_minor: Minor | None = None
    max_cart_minor: Minor | None = None
    min_items: Annotated[int, Meta(ge=0)] | None = None
    holds: Globs = ()  # a line of the cart, by its sku or its name
    not_holds: Globs = ()
    pages: Globs = ()
    not_pages: Globs = ()
    referrers: Globs = ()  # hosts, of the visit's first page: *.google.*; `direct` where there was none
    utm_sources: Globs = ()  # of the visit's first page
    devices: tuple[Literal["pointer", "touch"], ...] = ()
    languages: tuple[str, ...] = ()
    visitors: Literal["all", "new", "returning"] = "all"
    min_visits: Annotated[int, Meta(ge=1, le=1000)] | None = None
    max_visits: Annotated[int, Meta(ge=1, le=1000)] | None = None
    hours: Hours = ()  # by the shopper's own clock
    push: Literal["any", "subscribed", "unsubscribed"] = "any"
    # What the shop says of the shopper, heimta('attributes', {…}), one of the values each. Never sent.
    attributes: Annotated[dict[Attribute, Annotated[Globs, Meta(min_length=1)]], Meta(max_length=10)] = field(
        default_factory=dict
    )


class Schedule(Document, frozen=True):
    """When it may show, by the clock on the shop's wall, in the shop's timezone. What is left out is open.

    starts, ends: a day, the last one included, or a day and a time.
    """

    starts: Day | None = None
    ends: Day | None = None
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    hours: Hours = ()


class Frequency(Document, frozen=True):
    """At most `max` times in `per_h` hours per visitor; never again once accepted or answered.

    after_no: whether it comes again after a no; left out, never for surveys and push questions.
    again_days: a survey that was closed by accident comes once more after so many days; 0: never.
    """

    max: Annotated[int, Meta(ge=1, le=99)] = 1  # 99 are remembered (snippet/src/stage/frequency.ts)
    per_h: Annotated[float, Meta(gt=0, le=24 * 365)] = 24
    after_no: Literal["again", "never"] | None = None
    again_days: Annotated[float, Meta(ge=0, le=365)] = 14


class Attention(Document, frozen=True):
    """What a person is spared. Windows slide: a day is any 24 hours. docs/attention.md explains it.

    per_day, apart_s: popups, surveys and push questions of all campaigns, on the page. messages_*, apart_h:
    messages of all journeys by all channels. all_per_day: both together; what was seen on the page counts
    against the messages that follow it. quiet: `21:00-08:00` by the shopper's own clock; '': never.
    """

    per_day: Annotated[int, Meta(ge=1, le=20)] = 3
    apart_s: Annotated[int, Meta(ge=0, le=24 * 3600)] = 60  # from one to the next
    messages_per_day: Annotated[int, Meta(ge=1, le=20)] = 3
    messages_per_week: Annotated[int, Meta(ge=1, le=100)] = 8
    apart_h: Annotated[float, Meta(ge=0, le=24 * 7)] = 1  # from one message to the next
    all_per_day: Annotated[int, Meta(ge=1, le=40)] = 6
    quiet: Span | Literal[""] = ""


class Offer(Document, frozen=True):
    """A coupon rule: unique codes, each used once. docs/coupons.md explains it.

    value: percent 1-100 for `percent`, minor units for `amount`; for `free_shipping` what it costs the shop.
    pool: imported codes; left out, codes are made up. at_shop: made at the shop through its API.
    per_person: coupons of this offer for one person within `again_days`. max_coupons: handed out in all.
    budget_minor: what all of them together may cost.
    """

    kind: Literal["percent", "amount", "free_shipping"]
    value: Minor = 0
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z0-9]{0,12}\Z", description="up to 12 capital letters and digits, for example COME"
        ),
    ] = ""
    expires_min: Annotated[int, Meta(ge=1, le=60 * 24 * 90)] = 60
    min_cart_minor: Minor = 0
    pool: Name | Literal[""] = ""
    at_shop: bool = False
    per_person: Annotated[int, Meta(ge=1, le=10)] = 1
    again_days: Annotated[int, Meta(ge=1, le=365)] = 30
    max_coupons: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    budget_minor: Annotated[int, Meta(ge=1, le=10**12)] | None = None


class Prize(Document, frozen=True):
    """One slice of a wheel. odds: percent; what is shown and what is dealt are both read from here."""

    odds: Annotated[int, Meta(ge=1, le=99)]
    offer: Offer


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
    schedule: Schedule | None = None
    frequency: Frequency = field(default_factory=Frequency)
    priority: Annotated[int, Meta(ge=0, le=1000)] = 100  # the larger goes first
    holdout_pct: Percent = 50  # learn, then earn: see docs/documents.md
    goal_days: Annotated[int, Meta(ge=1, le=60)] = 7  # orders count this long after exposure
    offer: Offer | None = None
    prizes: Annotated[tuple[Prize, ...], Meta(max_length=8)] = ()  # instead of an offer; docs/popups.md
    theme: ThemeChange | None = None  # only what it has otherwise than its shop
