"""Events: past-tense facts about a visitor, as they travel and as they are folded.

The wire is described in docs/wire.md; its TypeScript twin is snippet/src/types.ts.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from heimta.model.cart import Cart, Currency, Exponent, Minor, Sku
from heimta.model.ids import Name, Visitor

MAX_BODY = 64 * 1024  # bytes; also the browser's own limit on keepalive requests
MAX_EVENTS = 50  # a batch
MAX_AGE_MS = 24 * 3600 * 1000  # an event may wait a day in the outbox
MAX_URL = 1000

TimeMs = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=0, le=100_000)]  # of an event within its source
Url = Annotated[str, Meta(max_length=MAX_URL)]
# An IANA name as Intl tells it: Europe/Berlin, Etc/GMT+5. Whether there is such a place, rules/quiet.py asks.
Zone = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_+/-]{0,64}\Z")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^([^@\s]{1,64}@[^@\s]+)?\Z")]
Phone = Annotated[str, Meta(pattern=r"^(\+?[0-9][0-9 ()./-]{4,30})?\Z")]  # as people write it


class WireEvent(Struct, frozen=True, gc=False):
    """One event as the browser sends it. `p` is read by the worker, by the type its name asks for."""

    n: Number  # its number within the batch's source
    t: Annotated[str, Meta(min_length=1, max_length=40)]  # its name, a key of PROPS
    at: TimeMs  # browser clock
    u: Url = ""  # path and query of the page, no origin
    p: Raw = Raw(b"{}")


class Batch(Struct, frozen=True, gc=False):
    """What `POST /s/{shop}` takes. (src, n) names an event for ever; a retry sends the same pair."""

    v: Annotated[int, Meta(ge=1, le=1)]
    # Visitor and two Shorts. Their letters are checked together (ingest/batch.py): a pattern for each costs
    # as much as decoding the rest.
    vid: Annotated[str, Meta(min_length=22, max_length=22)]
    sid: Annotated[str, Meta(min_length=11, max_length=11)]
    src: Annotated[str, Meta(min_length=11, max_length=11)]
    sent: TimeMs  # browser clock at the moment of sending, so that a wrong clock cancels out
    ev: Annotated[tuple[WireEvent, ...], Meta(min_length=1, max_length=MAX_EVENTS)]
    lang: Annotated[str, Meta(max_length=35)] = ""
    preview: bool = False  # the merchant looks at their own shop: never in the holdout, never in lift


# What each browser event carries in `p`. Unknown keys are ignored, so that old edges read new snippets.


class PageViewed(Struct, frozen=True, gc=False):
    ref: Url = ""  # referrer's host and path, without its query
    width: Annotated[int, Meta(ge=0, le=100_000)] = 0  # CSS pixels
    touch: bool = False


class ProductViewed(Struct, frozen=True, gc=False):
    sku: Sku
    name: Annotated[str, Meta(max_length=200)] = ""
    unit_minor: Minor = 0
    currency: Currency = "EUR"
    exponent: Exponent = 2
    url: Url = ""
    image: Url = ""


class CartUpdated(Struct, frozen=True, gc=False):
    cart: Cart


class CheckoutStarted(Struct, frozen=True, gc=False):
    pass


Step = Literal["address", "shipping", "payment", "review"]
# What a checkout's field is for; all that is ever told of it. Twin: KINDS in widgets/src/watch.ts.
FieldKind = Literal[
    "email", "phone", "name", "street", "zip", "city", "country",
    "card", "cvc", "expiry", "coupon", "password", "other",
]  # fmt: skip


class CheckoutStepReached(Struct, frozen=True, gc=False):
    step: Step


class PaymentInfoAdded(Struct, frozen=True, gc=False):
    """how: a card field was typed in, a method chosen, a payment frame entered, or the shop said so."""

    how: Literal["card", "method", "frame", "told"] = "told"


class FieldLeft(Struct, frozen=True, gc=False):
    """A field that was entered since the last such event. error: it was shown as wrong at some time."""

    kind: FieldKind
    state: Literal["filled", "empty", "error"]
    ms: Annotated[int, Meta(ge=0, le=MAX_AGE_MS)] = 0  # in it
    changes: Number = 0  # more than one: corrected


class CheckoutFields(Struct, frozen=True, gc=False):
    """Told when the page is hidden or left. last: the field entered last, which may be where they stopped."""

    fields: Annotated[tuple[FieldLeft, ...], Meta(max_length=20)]
    last: FieldKind | Literal[""] = ""


class FaultMet(Struct, frozen=True, gc=False):
    """What went wrong at the checkout: `TypeError /js/checkout.*.js:120`, `500 /api/shipping`. No query."""

    kind: Literal["script", "network"]
    what: Annotated[str, Meta(pattern=r"^[ -~]{1,120}\Z")]
    cart: Annotated[
        str,
        Meta(pattern=r"^([A-Za-z0-9_-]{11})?\Z", description="the 11 characters of a cart's id, or empty"),
    ] = ""  # the one it may have cost


class OrderCompleted(Struct, frozen=True, gc=False):
    """The browser's word on an order: it may stop messages, it never counts as revenue."""

    order: Annotated[str, Meta(min_length=1, max_length=64)]


class VisitorIdentified(Struct, frozen=True, gc=False):
    """Whom the shop knows. The browser sends e-mail and phone only with a yes to being written to."""

    id: Annotated[str, Meta(max_length=64)] = ""  # the shop's customer id
    email: Email = ""
    phone: Phone = ""
    # Where a popup of ours asked: what they agreed to, as it was shown; what they asked for.
    campaign: Name | Literal[""] = ""
    consent: Annotated[str, Meta(max_length=2000)] = ""
    consent_version: Annotated[str, Meta(max_length=40)] = ""
    wants: Literal["", "cart", "news"] = ""
    tz: Zone = ""  # of the browser: quiet hours are by its clock


# The sign of leaving: the mouse beyond the top edge, the address by keys, a fling to the top, a return after
# some time elsewhere, the same by back or forward, a phone put down with a full cart.
# Twin: snippet/src/signals.
ExitKind = Literal["pointer", "keys", "fling", "return", "back", "idle"]
Score = Annotated[float, Meta(ge=0, le=1)]


class ExitIntended(Struct, frozen=True, gc=False):
    device: Literal["pointer", "touch"]
    score: Score
    kind: ExitKind | Literal[""] = ""  # older snippets do not say


class ExitFollowed(Struct, frozen=True, gc=False):
    """What the visitor did after a sign of leaving: what the sign's precision is read from.

    left: the page was gone or hidden within 10 s, or nobody touched it for so long.
    shown: a campaign interrupted at that instant, which may have changed their mind.
    """

    kind: ExitKind
    score: Score
    left: bool
    shown: bool = False
    after_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 0


class CampaignExposed(Struct, frozen=True, gc=False):
    """The instant a campaign would have shown, in every arm, the holdout included.

    p: probability with which this arm was dealt, in 1/10,000; kept for exact weights later.
    """

    campaign: Name
    arm: Name
    p: Annotated[int, Meta(ge=1, le=10_000)]
    version: Annotated[int, Meta(ge=1)] = 1


class CampaignAccepted(Struct, frozen=True, gc=False):
    campaign: Name
    arm: Name


class CampaignDismissed(Struct, frozen=True, gc=False):
    campaign: Name
    arm: Name
    how: Literal["close", "escape", "no", "back", "outside"] = "close"


# How a question is answered. Twin: the questions of model/contents/survey.py, by their `ask`.
SurveyKind = Literal["slider", "rating", "nps", "choice", "choices", "text"]


class SurveyAnswered(Struct, frozen=True, gc=False):
    """One step of a survey, told as soon as it is taken: of two answers to a question the newest counts.

    Empty: skipped, or taken back when the shopper went back and another way. step: from 1. done: the last.
    """

    campaign: Name
    arm: Name
    question: Name
    kind: SurveyKind | Literal[""] = ""  # older widgets do not say
    value: Annotated[float, Meta(ge=-1_000_000, le=1_000_000)] | None = None
    choices: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()
    text: Annotated[str, Meta(max_length=1000)] = ""
    step: Annotated[int, Meta(ge=1, le=20)] = 1
    done: bool = True


class ConsentChanged(Struct, frozen=True, gc=False):
    analytics: bool
    marketing: bool


class CartRestored(Struct, frozen=True, gc=False):
    token: Annotated[str, Meta(min_length=10, max_length=600)]


class MessageSeen(Struct, frozen=True, gc=False):
    message: Annotated[str, Meta(min_length=1, max_length=64)]


HOLDOUT = "holdout"  # the arm that sees nothing
BY_MAIL = "@mail"  # stands for the arm of an answer to a message: no variant can have that name

# Every event a browser may send, and the type of its `p`. docs/wire.md lists the same names (a test).
PROPS: dict[str, type[Struct]] = {
    "page_viewed": PageViewed,
    "product_viewed": ProductViewed,
    "cart_updated": CartUpdated,
    "checkout_started": CheckoutStarted,
    "checkout_step_reached": CheckoutStepReached,
    "payment_info_added": PaymentInfoAdded,
    "checkout_fields": CheckoutFields,
    "fault_met": FaultMet,
    "order_completed": OrderCompleted,
    "visitor_identified": VisitorIdentified,
    "exit_intended": ExitIntended,
    "exit_followed": ExitFollowed,
    "campaign_exposed": CampaignExposed,
    "campaign_accepted": CampaignAccepted,
    "campaign_dismissed": CampaignDismissed,
    "survey_answered": SurveyAnswered,
    "consent_changed": ConsentChanged,
    "cart_restored": CartRestored,
    "message_shown": MessageSeen,
    "message_clicked": MessageSeen,
}


class Customer(Struct, frozen=True, gc=False):
    """Who ordered, as the shop's back end knows them. Finds the browsers of the same person; joins none.

    Any words are taken, and those that are no address pass: an order is never refused for them.
    """

    id: Annotated[str, Meta(max_length=400)] = ""
    email: Annotated[str, Meta(max_length=400)] = ""
    phone: Annotated[str, Meta(max_length=400)] = ""


class Order(Struct, frozen=True, gc=False):
    """An order as the shop's signed webhook tells it: the truth about money."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    currency: Currency
    exponent: Exponent
    total_minor: Minor
    at: TimeMs  # the shop's clock
    visitor: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9_-]{22})?\Z",
            description="the 22 characters of the cookie heimta_v, or empty",
        ),
    ] = ""
    cart: Annotated[
        str,
        Meta(pattern=r"^([A-Za-z0-9_-]{11})?\Z", description="the 11 characters of a cart's id, or empty"),
    ] = ""
    codes: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=20)] = ()
    # The `heimta_r` of a restored cart, if the shop kept it: the order ends the other browser's journey even
    # when this browser never consented to an id of its own.
    restored: Annotated[str, Meta(max_length=600)] = ""
    customer: Customer | None = None
    changed_at: TimeMs = 0  # when the shop last changed it; 0: not told. Of two sums that of the later counts


class OrderHook(Struct, frozen=True, gc=False):
    """Body of `POST /hooks/{shop}/generic`."""

    type: Annotated[str, Meta(pattern=r"^order_completed\Z", description="order_completed")]
    order: Order


class Keys(Struct, frozen=True, gc=False):
    p256dh: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}=?\Z")]  # 65 bytes
    auth: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}(==)?\Z")]  # 16 bytes


class Subscription(Struct, frozen=True, gc=False):
    """A browser's PushSubscription.toJSON() (W3C Push API)."""

    endpoint: Annotated[str, Meta(min_length=10, max_length=1000)]
    keys: Keys


class Said(Struct, frozen=True, array_like=True):
    """To which words a yes was given, and where: a variant of a campaign at its version. For the proof."""

    campaign: Name
    version: Annotated[int, Meta(ge=1)]
    arm: Name
    lang: Annotated[str, Meta(max_length=35)]
    u: Url = ""  # path of the page


class PushRequest(Struct, frozen=True, gc=False):
    """Body of `POST /s/{shop}/push`. `subscription` is null where it was taken back
    in the browser: what is stored is dropped, and other channels go on.

    renew: the browser has another address or another key; nobody was asked, so it is no yes: it takes the
    place of a subscription that there is, and brings none back that was ended.
    """

    vid: Visitor
    subscription: Subscription | None = None
    renew: bool = False
    said: Said | None = None
    tz: Zone = ""  # of the browser: quiet hours are by its clock


class ClaimRequest(Struct, frozen=True, gc=False):
    """Body of `POST /s/{shop}/claim`."""

    vid: Visitor
    campaign: Name
