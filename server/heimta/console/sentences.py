"""Log entries as sentences a merchant can read: who did what. Pure.

Everything in an entry was written by a stranger's browser. A sentence is plain text; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Struct

from heimta.console.formats import money, plural
from heimta.model.cart import Cart
from heimta.model.channel import Channel
from heimta.model.consent import ConsentNote
from heimta.model.event import (
    HOLDOUT,
    MAX_AGE_MS,
    PROPS,
    Batch,
    CampaignAccepted,
    CampaignDismissed,
    CampaignExposed,
    CartUpdated,
    CheckoutFields,
    CheckoutStepReached,
    ConsentChanged,
    ExitFollowed,
    ExitIntended,
    FaultMet,
    OrderCompleted,
    OrderHook,
    PageViewed,
    ProductViewed,
    PushRequest,
    SurveyAnswered,
    WireEvent,
)
from heimta.model.fulfilment import FulfilmentNote
from heimta.model.message import DeliveryNote
from heimta.model.preferences import PreferencesNote
from heimta.model.product import ProductNote
from heimta.rules.page_address import closed
from heimta.rules.personal import masked
from heimta.rules.send_log import explain
from heimta.store.documents import Documents
from heimta.store.live import Entry

Tone = Literal["look", "cart", "offer", "money", "message", "plain", "odd"]
LONGEST = 160  # characters of a stranger's text in a sentence
MESSAGES: dict[Channel, str] = {
    "push": "a notification",
    "email": "an e-mail",
    "sms": "an SMS",
    "messenger": "a message at Messenger",
    "webhook": "a webhook",
}


class Happening(Struct, frozen=True):
    """One line of the live view. id: stable while the entry is in the log."""

    id: str
    at: int  # ms, by the server's clock
    who: str  # the visitor's first characters, or ''
    text: str
    tone: Tone
    preview: bool = False
    visitor: str = ""  # their id, where they may be looked up
    whose: Literal["Somebody", "The shop"] = "Somebody"  # where there is no visitor


class _Claimed(Struct, frozen=True):
    """What the live view reads of a ClaimNote (ingest/entry.py); the console may not import that room."""

    vid: str
    campaign: str
    code: str


class _Relayed(Struct, frozen=True):
    """What it reads of what is Relayed. type: an older release's note of an order has none."""

    vid: str
    type: Literal["order", "join", "bought", "passed", "product"] = "order"
    order: str = ""


class _Answered(Struct, frozen=True):
    """What it reads of an AnswerNote."""

    vid: str
    campaign: str
    value: int | None = None
    choices: tuple[str, ...] = ()
    text: str = ""


class _Chatted(Struct, frozen=True):
    """What it reads of a MessengerNote."""

    vid: str


def is_told(entry: Entry) -> bool:
    """Not what browsers of one person tell each other, and of a product's news no copy for each watcher:
    that all was told once where it happened.
    """
    try:
        if entry.kind == "relay":
            return msgspec.json.decode(entry.data, type=_Relayed).type == "order"
        return entry.kind != "product" or not msgspec.json.decode(entry.data, type=ProductNote).vid
    except msgspec.MsgspecError:
        return True  # and told as one that could not be read


@dataclass
class Teller:
    """Tells entries in the order they came, so that a cart can be compared with the one before it; and what a
    browser sent again, since it heard no answer, once.
    """

    documents: Documents
    carts: dict[str, Cart] = field(default_factory=dict)
    news: set[bytes] = field(default_factory=set)  # of products: each partition's log has the same
    named: set[tuple[str, int]] = field(default_factory=set)  # events that were told
    ordered: set[str] = field(default_factory=set)  # orders that the shop told of

    def tell(self, entries: list[Entry]) -> list[Happening]:
        """entries: newest first, as the store gives them. Returns happenings, newest first."""
        told = [line for entry in reversed(entries) for line in self._entry(entry)]
        return list(reversed(told))

    def _entry(self, entry: Entry) -> Iterator[Happening]:
        read = self._kinds().get(entry.kind)
        if not is_told(entry):
            return
        if read is None:
            text = f"an entry of the kind {cut(entry.kind)!r}, which this console does not know"
            yield Happening(entry.id, entry.received, "", text, "odd")
            return
        try:
            yield from read(entry)
        except msgspec.MsgspecError:
            text = f"an entry of the kind {entry.kind!r} that could not be read ({len(entry.data):,} bytes)"
            yield Happening(entry.id, entry.received, "", text, "odd")

    def _kinds(self) -> dict[str, Callable[[Entry], Iterator[Happening]]]:
        return {
            "batch": self._batch,
            "order": self._order,
            "push": self._push,
            "preferences": self._preferences,
            "consent": self._consent,
            "claim": self._claim,
            "delivery": self._delivery,
            "relay": self._relay,
            "messenger": self._messenger,
            "product": self._product,
            "fulfilment": self._fulfilment,
            "answer": self._answer,
        }

    def _batch(self, entry: Entry) -> Iterator[Happening]:
        batch = msgspec.json.decode(entry.data, type=Batch)
        for index, event in enumerate(batch.ev):
            if (batch.src, event.n) in self.named:
                continue
            self.named.add((batch.src, event.n))
            # What the door dropped is in the batch all the same: its time may be none that a clock can show.
            age_ms = min(max(batch.sent - event.at, 0), MAX_AGE_MS)
            at = entry.received - age_ms
            text, tone = self._event(batch.vid, event)
            yield Happening(f"{entry.id}.{index}", at, short(batch.vid), text, tone, batch.preview, batch.vid)

    def _event(self, vid: str, event: WireEvent) -> tuple[str, Tone]:
        known = PROPS.get(event.t)
        if known is None:
            return f"sent {cut(event.t)!r}, which this console does not know", "odd"
        try:
            props: Any = msgspec.json.decode(event.p, type=known)
        except msgspec.MsgspecError:
            return f"sent {event.t!r} with details that could not be read", "odd"
        match props:
            case PageViewed():
                return f"opened {cut(closed(event.u) or '/')}", "look"
            case ProductViewed():
                price = (
                    f" ({money(props.unit_minor, props.currency, props.exponent)})"
                    if props.unit_minor
                    else ""
                )
                return f"looked at {cut(props.name or props.sku)}{price}", "look"
            case CartUpdated():
                before, self.carts[vid] = self.carts.get(vid), props.cart
                return cart_change(before, props.cart), "cart"
            case CampaignExposed() | CampaignAccepted() | CampaignDismissed() | SurveyAnswered():
                return self._met(props), "offer"
            case OrderCompleted():
                doubt = "" if props.order in self.ordered else ", not yet confirmed by the shop"
                return f"finished the checkout (order {cut(props.order)}{doubt})", "money"
            case _:
                return _plain(event.t, props)

    def _met(self, props: CampaignExposed | CampaignAccepted | CampaignDismissed | SurveyAnswered) -> str:
        name = self._campaign(props.campaign)
        match props:
            case CampaignExposed():
                if props.arm == HOLDOUT:
                    return f"is in the holdout of {name}, and saw nothing"
                return f"saw {name}"
            case CampaignAccepted():
                return f"accepted {name}"
            case CampaignDismissed():
                return f"closed {name}"
            case SurveyAnswered():
                return _answered(name, props)

    def _order(self, entry: Entry) -> Iterator[Happening]:
        order = msgspec.json.decode(entry.data, type=OrderHook).order
        self.ordered.add(order.id)
        codes = f", with {', '.join(cut(code) for code in order.codes)}" if order.codes else ""
        text = f"ordered for {money(order.total_minor, order.currency, order.exponent)}{codes}"
        text, who = f"{text} (order {cut(order.id)})", order.visitor
        yield Happening(entry.id, entry.received, short(who), text, "money", visitor=who)

    def _push(self, entry: Entry) -> Iterator[Happening]:
        asked = msgspec.json.decode(entry.data, type=PushRequest)
        text = "said yes to notifications" if asked.subscription else "took notifications back"
        yield Happening(entry.id, entry.received, short(asked.vid), text, "message", visitor=asked.vid)

    def _preferences(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=PreferencesNote)
        often = "a pause" if note.until else {"less": "fewer messages"}.get(note.pace, "messages")
        text = f"wants {often}" + (f", but not about {' or '.join(note.off)}" if note.off else "")
        if note.stop:
            text = "wants no messages any more"
        yield Happening(entry.id, entry.received, short(note.vid), text, "message", visitor=note.vid)

    def _consent(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=ConsentNote)
        text = f"said {'yes' if note.yes else 'no'} to {note.channel} ({note.why.replace('_', ' ')})"
        yield Happening(entry.id, entry.received, short(note.vid), text, "message", visitor=note.vid)

    def _claim(self, entry: Entry) -> Iterator[Happening]:
        claim = msgspec.json.decode(entry.data, type=_Claimed)
        text = f"claimed the code {cut(claim.code)} of {self._campaign(claim.campaign)}"
        yield Happening(entry.id, entry.received, short(claim.vid), text, "offer", visitor=claim.vid)

    def _delivery(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=DeliveryNote)
        journey = self.documents.journey(note.journey)
        name = f"\u201c{cut(journey.name if journey else note.journey)}\u201d"
        it = MESSAGES[note.channel]
        outcome = {
            "sent": f"was sent {it} by {name}",
            "failed": f"could not be sent {it} by {name}",
            "skipped": f"was not sent {it} of {name}",
            "gone": f"can no longer be sent {it} ({name})",
            "unknown": f"may have been sent {it} by {name}",
        }.get(note.outcome, f"{cut(note.outcome)}: {it} by {name}")
        reason = f": {explain(cut(note.reason))}" if note.reason else ""
        text = f"{outcome}{reason}"
        yield Happening(entry.id, entry.received, short(note.vid), text, "message", visitor=note.vid)

    def _relay(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=_Relayed)
        text = f"ordered in another browser (order {cut(note.order)})"
        yield Happening(entry.id, entry.received, short(note.vid), text, "plain", visitor=note.vid)

    def _messenger(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=_Chatted)
        text = "wrote or tapped at Messenger"
        yield Happening(entry.id, entry.received, short(note.vid), text, "message", visitor=note.vid)

    def _product(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=ProductNote)
        if entry.data in self.news:
            return
        self.news.add(entry.data)
        name, price = cut(note.name or note.sku), money(note.price_minor, note.currency)
        was = f", down from {money(note.was_minor, note.currency)}" if note.was_minor else ""
        text = f"says that {name} {'is back, for' if note.is_back else 'costs'} {price}{was}"
        yield Happening(entry.id, entry.received, "", text, "plain", whose="The shop")

    def _fulfilment(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=FulfilmentNote)
        what = "has a parcel on its way" if note.state == "shipped" else "has got their parcel"
        text = f"{what} (order {cut(note.order)})"
        yield Happening(entry.id, entry.received, short(note.vid), text, "plain", visitor=note.vid)

    def _answer(self, entry: Entry) -> Iterator[Happening]:
        note = msgspec.json.decode(entry.data, type=_Answered)
        text = f"{_answered(self._campaign(note.campaign), note)}, by mail"
        yield Happening(entry.id, entry.received, short(note.vid), text, "offer", visitor=note.vid)

    def _campaign(self, campaign_id: str) -> str:
        campaign = self.documents.campaign(campaign_id)
        return f"\u201c{cut(campaign.name if campaign else campaign_id)}\u201d"


def cart_change(before: Cart | None, cart: Cart) -> str:
    """What the shopper did to the cart, in words, if that can be told; else what is in it."""
    if not cart.lines:
        return "emptied the cart"
    minor = cart.total_minor
    total = f"({'total unknown' if minor is None else money(minor, cart.currency, cart.exponent)})"
    old = {line.sku: line.qty for line in before.lines} if before and before.id == cart.id else {}
    more = [line for line in cart.lines if line.qty > old.get(line.sku, 0)]
    names = {line.sku: line.name for line in before.lines} if before and old else {}
    kept = {line.sku: line.qty for line in cart.lines}
    fewer = [sku for sku, qty in old.items() if kept.get(sku, 0) < qty]
    if len(more) == 1 and not fewer and (old or len(cart.lines) == 1):
        line = more[0]
        added = line.qty - old.get(line.sku, 0)
        count = f"{added} \u00d7 " if added > 1 else ""
        return f"put {count}{cut(line.name or line.sku)} into the cart {total}"
    if len(fewer) == 1 and not more:
        return f"took {cut(names.get(fewer[0]) or fewer[0])} out of the cart {total}"
    return f"has {plural(sum(line.qty for line in cart.lines), 'item')} in the cart {total}"


def _answered(name: str, said: SurveyAnswered | _Answered) -> str:
    picked = ", ".join(said.choices) if said.value is None else f"{said.value:g}"
    text = f": \u201c{cut(masked(said.text))}\u201d" if said.text else ""
    if not picked and not text:
        return f"skipped a question of {name}"
    return f"answered {name}{f' with {cut(picked)}' if picked else ''}{text}"


def _plain(name: str, props: object) -> tuple[str, Tone]:
    match props:
        case ExitIntended():
            return ("turned to leave" if props.device == "pointer" else "was about to leave"), "plain"
        case CheckoutStepReached():
            return f"reached the checkout's step \u201c{props.step}\u201d", "cart"
        case CheckoutFields():
            last = f", last in that for {props.last}" if props.last else ""
            return f"was in {plural(len(props.fields), 'field')} of the checkout{last}", "plain"
        case FaultMet():
            return f"met a fault at the checkout: {cut(props.what)}", "odd"
        case ExitFollowed():
            return ("was gone a moment later" if props.left else "stayed after all"), "plain"
        case ConsentChanged():
            said = [
                word for word, yes in (("analytics", props.analytics), ("marketing", props.marketing)) if yes
            ]
            return (f"allowed {' and '.join(said)}" if said else "refused analytics and marketing"), "plain"
    words: dict[str, tuple[str, Tone]] = {
        "checkout_started": ("went to the checkout", "cart"),
        "payment_info_added": ("gave payment details", "cart"),
        "visitor_identified": ("was recognised by the shop", "plain"),
        "cart_restored": ("came back to a saved cart", "cart"),
        "message_shown": ("was shown a notification", "message"),
        "message_clicked": ("clicked a notification", "message"),
    }
    return words.get(name, (f"sent {name!r}", "plain"))


def short(vid: str) -> str:
    """Enough of a visitor's id to tell neighbours apart in a list."""
    return f"{vid[:4]}\u2026" if vid else ""


def cut(text: str) -> str:
    """A stranger's text: one line, no control or direction-changing characters, not too long."""
    clean = "".join(c if c.isprintable() else " " for c in text).strip()
    return clean if len(clean) <= LONGEST else f"{clean[: LONGEST - 1]}\u2026"
