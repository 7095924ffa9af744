"""Whether a message goes out now, later or never, and by which rule. Pure: facts in, a verdict out.

Every question is asked here, in one order, right before each send; the facts are all that is looked at. They
are kept in the send log (store/why.py), so any decision can be made again, with the same answer.

skip: what it was for is over, or the shopper does not want it. defer: they want it, and not now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, structs

from heimta.journeys.advance import off_course
from heimta.journeys.confirm import LATE_MIN, why_not
from heimta.journeys.interest import OF_PRODUCTS, is_over
from heimta.journeys.plans import enrollment_of
from heimta.journeys.reach import unreachable
from heimta.journeys.wanted import too_often, unwanted
from heimta.model.attention import Limits, Touches
from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, send_step
from heimta.model.message import FORGOTTEN, Message
from heimta.model.product import Product
from heimta.model.visitor import VisitorState
from heimta.model.volume import ceiling_of
from heimta.rules.attention import Held, held_by, is_told, limits_of
from heimta.rules.consented import confirm_of, consented, refused_by
from heimta.rules.quiet import is_quiet, loud_from, zone_of
from heimta.rules.surveys import has_answered

MINUTE_MS = 60_000
BUSY_MS = 2_000
ORDERS = frozenset({"ordered", "shipped", "delivered"})
HELD_MS = 7 * 24 * 60 * MINUTE_MS  # what limits have held back for longer is no use to anybody


class Facts(Struct, frozen=True):
    """All that a decision looks at.

    course: what came between on the journey's side (off_course). consent, reach, wish: what speaks against
    the channel and the topic, '' for nothing. zones: the shopper's timezone, then the shop's. hold: steps
    that were due before it are not sent, ms. limits: None for service messages, which no limit holds.
    subject: what it tells, where a second browser of the person may lead to the same (model/attention.py);
    what was told before told_since, ms, says nothing.
    busy: other messages of the person were decided again and again while this one was. sms_per_day,
    email_per_day: the shop's ceiling of the channel, 0 where it has none or the channel is another; room_at:
    when there is room under it again, ms, 0: now.
    """

    now: int  # ms
    message: str
    journey: str
    step: str
    channel: Channel
    due_at: int
    version: int = 0
    deferred_ms: int = 0
    max_late_min: float = 0
    hold: int = 0
    service: bool = False
    course: str = ""
    consent: str = ""
    reach: str = ""
    wish: str = ""
    zones: tuple[str, ...] = ()
    limits: Limits | None = None
    touches: Touches = ()
    subject: str = ""
    told_since: int = 0
    busy: bool = False
    sms_per_day: int = 0
    email_per_day: int = 0
    room_at: int = 0

    @property
    def ceiling(self) -> int:
        return self.sms_per_day or self.email_per_day


def subject_of(message: Message, journey: Journey, begun_at: int) -> str:
    """What it tells; '' where nothing else can tell the same. begun_at: of its enrollment, ms.

    An order is told of once. News of a product has its own time, the same in all browsers: the next news is
    another. What a browser runs into by itself (a date, a segment, a sign-up) it meets again by the journey's
    own rule, `again_h`; the person's other browsers do not say it once more.
    """
    if message.cart:
        return ""
    told = f"{message.journey}/{message.step}/{message.about}"
    trigger = journey.begins.on
    if trigger in ORDERS:
        return told if message.about else ""
    if trigger in OF_PRODUCTS:
        return f"{told}@{begun_at}"
    if trigger == "event" and journey.again_h == 0:
        return ""
    return f"~{message.visitor}/{told}"


def _told_since(journey: Journey, now: int) -> int:
    """What shoppers do in two browsers are two events, unless the journey says for how long they are one."""
    if journey.begins.on != "event" or not journey.again_h:
        return 0
    return now - round(journey.again_h * 60 * MINUTE_MS)


class Verdict(Struct, frozen=True):
    """rule: the one that decided, '' where none had anything against it. until: of a deferral, ms."""

    outcome: Literal["send", "defer", "skip"]
    rule: str = ""
    until: int = 0


def facts_of(
    state: VisitorState | None,
    message: Message,
    journey: Journey | None,
    shop: ShopDoc,
    *,
    touches: Touches = (),
    product: Product | None = None,
    unheard: Sequence[VisitorState] = (),
    version: int = 0,
    hold: int = 0,
    now: int,
) -> Facts:
    """state: settled, i.e. after everything that was acknowledged; None: forgotten. product: what the shop
    says of it now, where the message is news of one. unheard: hubs which may have heard a no,
    or that an address is dead, and this browser was not told.
    """
    step = None if journey is None else send_step(journey, message.step)
    facts = structs.replace(_facts_of_message(message, hold=hold, now=now), version=version)
    if state is None:
        return structs.replace(facts, course=FORGOTTEN)
    course = off_course(state, message, journey, shop, now=now)
    enrollment = enrollment_of(state, message)
    if not course and journey is not None and enrollment is not None:
        course = is_over(product, journey.begins.on, enrollment.words, told_at=enrollment.entered_at)
    if course or journey is None or step is None:
        return structs.replace(facts, course=course or "step gone")
    if step.survey and has_answered(state.answers.get(step.survey)):
        return structs.replace(facts, course="answered already")
    service = journey.service
    begun_at = 0 if enrollment is None else enrollment.entered_at
    others = [touch.at for touch in touches if touch.kind == "message" and touch.id != message.id]
    spared = {touch.id for touch in touches if touch.kind == "service"}
    wish = unwanted(state, journey.topic, now=now)
    wish = wish or too_often(state, now=now, others=others, spared=spared)
    return structs.replace(
        facts,
        max_late_min=step.max_late_min,
        service=service,
        consent=_consent(state, unheard, message.channel, shop, service=service),
        reach=_reach(state, unheard, message, shop, service=service, now=now),
        wish="" if service else wish,
        zones=(state.zone, shop.timezone),
        limits=None if service else limits_of(shop.attention),
        touches=touches,
        subject=subject_of(message, journey, begun_at),
        told_since=_told_since(journey, now),
        sms_per_day=ceiling_of(shop, "sms") if message.channel == "sms" else 0,
        email_per_day=ceiling_of(shop, "email") if message.channel == "email" else 0,
    )


def _facts_of_message(message: Message, *, hold: int, now: int) -> Facts:
    """What is to be known without its shopper."""
    return Facts(
        now=now,
        message=message.id,
        journey=message.journey,
        step=message.step,
        channel=message.channel,
        due_at=message.due_at,
        deferred_ms=message.deferred_ms,
        hold=hold,
    )


def _reach(
    state: VisitorState,
    unheard: Sequence[VisitorState],
    message: Message,
    shop: ShopDoc,
    *,
    service: bool,
    now: int,
) -> str:
    dead = {mark for hub in unheard for mark in hub.mail_dead}
    order = message.about if service else ""
    return unreachable(state, message.channel, shop, now=now, order=order, dead=dead)


def facts_of_asking(
    state: VisitorState | None,
    hub: VisitorState | None,
    message: Message,
    shop: ShopDoc,
    *,
    hold: int = 0,
    now: int,
) -> Facts:
    """Of a mail that asks an address to confirm a yes (journeys/confirm.py). hub: of that address."""
    facts = _facts_of_message(message, hold=hold, now=now)
    facts = structs.replace(facts, max_late_min=LATE_MIN, service=True)
    if state is None:
        return structs.replace(facts, course=FORGOTTEN)
    return structs.replace(
        facts,
        course=why_not(state, hub, shop),
        consent=consented(state, message.channel, service=True),
        reach=unreachable(state, message.channel, shop),
    )


def _consent(
    state: VisitorState, unheard: Sequence[VisitorState], channel: Channel, shop: ShopDoc, *, service: bool
) -> str:
    confirm = confirm_of(shop)
    elsewhere = (refused_by(hub, state, channel, service=service, confirm=confirm) for hub in unheard)
    here = consented(state, channel, service=service, confirm=confirm)
    return here or next(filter(None, elsewhere), "")


def decide(facts: Facts) -> Verdict:
    """The first rule that has something against it. Never raises."""
    over = facts.course or facts.consent or facts.reach or facts.wish
    if over:
        return Verdict("skip", over)
    if facts.due_at < facts.hold:
        return Verdict("skip", "due before the restore")
    if facts.now - facts.due_at - facts.deferred_ms > facts.max_late_min * MINUTE_MS:
        return Verdict("skip", "too late")
    if is_told(facts.touches, facts.subject, facts.message, since=facts.told_since):
        return Verdict("skip", "told already")
    if facts.busy:
        held = Held("busy", facts.now + BUSY_MS)
    elif facts.limits is not None:
        held = _held(facts, facts.limits)
    else:
        held = Held()
    if not held.rule and facts.room_at > facts.now:
        held = Held("sms_per_day" if facts.channel == "sms" else "email_per_day", facts.room_at)
    if not held.rule:
        return Verdict("send")
    if facts.deferred_ms + held.until - facts.now > HELD_MS:
        return Verdict("skip", f"held too long: {held.rule}")
    return Verdict("defer", held.rule, held.until)


def _held(facts: Facts, limits: Limits) -> Held:
    zone = zone_of(*facts.zones)
    if is_quiet(limits.quiet, zone, facts.now):
        return Held("quiet hours", loud_from(limits.quiet, zone, facts.now))
    return held_by(facts.touches, limits, facts.message, now=facts.now)
