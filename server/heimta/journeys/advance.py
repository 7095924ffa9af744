"""What a journey does next for one visitor. Pure: state, documents and time in; enrollments and messages out.

An enrollment goes on by the version of the document that it began with. One that is for a cart ends when the
cart is ordered, here or elsewhere. When the shopper comes back and changes the cart before the first message,
it starts again at the next silence; after a message it goes on: the same cart is not chased twice.

After a pause of the worker each step is either skipped (later than `max_late_min`) or taken, and then all
that follows moves by as much as it was late. So one look decides on what belongs together and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from heimta.journeys import audiences
from heimta.journeys.conditions import holds
from heimta.journeys.ends import over
from heimta.journeys.enter import journey_salt
from heimta.journeys.order import MINUTE_MS, ON_TIME_MS, due_of, is_held
from heimta.journeys.plans import TO_NOBODY, Plans, enrollment_of, journey_of
from heimta.journeys.program import Op
from heimta.model.documents import ShopDoc
from heimta.model.journey import AudienceStep, Branch, Exit, Journey, Send, Wait, WaitFor
from heimta.model.message import Message, message_id
from heimta.model.visitor import KEEP_DELIVERIES, Delivery, Enrollment, VisitorState


@dataclass
class Outcome:
    """What a timer led to: messages to put into the outbox, and counts for the rollups."""

    messages: list[Message] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Way:
    """One enrollment and all that its steps look at."""

    state: VisitorState
    journey: Journey
    enrollment: Enrollment
    row: list[Op]
    shop: ShopDoc
    now: int
    outcome: Outcome


def advance(state: VisitorState, plans: Plans, *, now: int) -> Outcome:
    """Take every due step of every running enrollment."""
    outcome = Outcome()
    for name, enrollment in sorted(state.enrollments.items()):
        if enrollment.ended:
            continue
        journey = plans.pinned(journey_of(name), enrollment.version)
        if journey is None and journey_of(name) in plans.held:
            continue
        if journey is None or not journey.live:
            enrollment.ended = "journey off"
            continue
        due_at = due_of(state, enrollment)
        if due_at > now and (is_held(state, enrollment) or not enrollment.since):
            continue
        enrollment.due_at, enrollment.decided_at = due_at, 0
        row = plans.row(journey, enrollment.version)
        _walk(_Way(state, journey, enrollment, row, plans.shop, now, outcome))
    while len(state.deliveries) > KEEP_DELIVERIES:
        del state.deliveries[min(state.deliveries, key=lambda key: (state.deliveries[key].at, key))]
    return outcome


def _walk(way: _Way) -> None:
    enrollment, row = way.enrollment, way.row
    while not enrollment.ended and (enrollment.due_at <= way.now or enrollment.since):
        if enrollment.step >= len(row):
            enrollment.ended = "done"
            return
        ended = over(way.state, way.journey, enrollment, way.shop, now=way.now)
        if ended:
            enrollment.ended = ended
            return
        op = row[enrollment.step]
        if isinstance(op.step, WaitFor):
            if not _wait_for(way, op.step, op):
                return
            continue
        enrollment.step = op.then
        match op.step:
            case Wait():
                _wait(enrollment, op.step)
            case Branch():
                if not _holds(way, op.step):
                    enrollment.step = op.otherwise
            case Send():
                _send(way, op.step)
            case AudienceStep():
                audiences.put(way.state, op.step.audience, adds=op.step.change == "add", now=way.now)
            case Exit():
                enrollment.ended = "exited"


def _wait(enrollment: Enrollment, step: Wait) -> None:
    wait_ms = round(step.minutes * MINUTE_MS)
    enrollment.is_counted = step.since == "step"
    if step.since == "step":
        enrollment.due_at += wait_ms
    else:
        enrollment.due_at = max(enrollment.due_at, enrollment.entered_at + enrollment.shift_ms + wait_ms)


def _wait_for(way: _Way, step: WaitFor, op: Op) -> bool:
    """Whether the waiting is over, one way or the other."""
    enrollment = way.enrollment
    if not enrollment.since:
        enrollment.since = enrollment.due_at
        enrollment.due_at += round(step.minutes * MINUTE_MS)
    if _holds(way, step):
        enrollment.step, enrollment.due_at = op.then, min(enrollment.due_at, way.now)
    elif enrollment.due_at <= way.now:
        enrollment.step = op.otherwise
    else:
        return False
    enrollment.since = 0
    return True


def _holds(way: _Way, step: Branch | WaitFor) -> bool:
    return holds(step.when, way.state, way.shop, enrollment=way.enrollment, journey=way.journey, now=way.now)


def _send(way: _Way, step: Send) -> None:
    state, enrollment, journey, now = way.state, way.enrollment, way.journey.id, way.now
    # One for each cart, however often it is left; of everything else one for each time it begins.
    about = enrollment.cart or f"{enrollment.about}@{enrollment.entered_at}"
    name = message_id(state.shop, state.visitor, journey, step.id, about)
    before = state.deliveries.get(name)
    if before is not None and before.outcome in TO_NOBODY and before.at <= enrollment.entered_at:
        name = message_id(state.shop, state.visitor, journey, step.id, f"{about}@{enrollment.entered_at}")
        before = state.deliveries.get(name)
    if before is not None:
        return  # decided for this cart before another one came between: once is enough
    late_ms = now - enrollment.due_at
    if late_ms > step.max_late_min * MINUTE_MS:
        state.deliveries[name] = Delivery(journey, "skipped", now, step.id)
        way.outcome.counts += ["message.skipped", step_metric(journey, step.id, "skipped")]
        return
    state.deliveries[name] = Delivery(journey, "", now, step.id)
    enrollment.messages.append(name)
    enrollment.decided_at, enrollment.is_counted = now, False
    way.outcome.messages.append(
        Message(
            id=name,
            shop=state.shop,
            visitor=state.visitor,
            journey=journey,
            step=step.id,
            channel=step.channel,
            cart=enrollment.cart,
            due_at=enrollment.due_at,
            about=enrollment.about,
        )
    )
    if late_ms > ON_TIME_MS:
        enrollment.shift_ms += late_ms
        enrollment.due_at = now


def step_metric(journey_id: str, step_id: str, outcome: str) -> str:
    """The counter of what became of a step's messages; stats/steps.py reads it. Without the journey's mark it
    would be a survey's of the same id.
    """
    return f"s.{journey_salt(journey_id)}.{step_id}.{outcome}"


def off_course(
    state: VisitorState, message: Message, journey: Journey | None, shop: ShopDoc, *, now: int
) -> str:
    """'' if the journey still means to send the message, else what came between: the one question that is
    about the journey and its cart alone. All others are asked in decide.py.

    journey: in the version that the shopper began with (Plans.pinned).
    """
    enrollment = enrollment_of(state, message)
    cart = state.carts.get(message.cart)
    if journey is None or not journey.live:
        return "journey off"
    if enrollment is None:
        return "not enrolled"
    if enrollment.ended not in ("", "done", "exited"):
        return enrollment.ended
    if message.cart and (cart is None or not cart.is_open):
        return "ordered" if cart is not None and cart.ordered_at else "cart empty"
    if ended := over(state, journey, enrollment, shop, now=now):
        return ended
    decided = state.deliveries.get(message.id)
    return f"already {decided.outcome}" if decided is not None and decided.outcome else ""
