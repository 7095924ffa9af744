"""What a journey does next for one visitor. Pure: state, documents and time in; enrollments and messages out.

An enrollment is for one cart. It ends when the cart is ordered, emptied or restored and ordered
elsewhere; when the shopper comes back and changes the cart before the first message, it starts again at
the next silence; after a message it goes on, since the same cart is not chased twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from heimta.journeys.wanted import STOPPED, too_often, unwanted
from heimta.model.event import HOLDOUT
from heimta.model.journey import Journey, Send, Wait
from heimta.model.message import Message, message_id
from heimta.model.visitor import KEEP_DELIVERIES, CartState, Delivery, Enrollment, Exposure, VisitorState
from heimta.rules.bucket import HELD_OUT, deal

MINUTE_MS = 60_000
TREATED = "treated"  # a journey's arm that is not its holdout


def journey_salt(journey_id: str) -> str:
    """A journey's name among campaigns: in the lift, in exposures and as salt."""
    return f"j.{journey_id}"


@dataclass
class Outcome:
    """What a timer led to: messages to put into the outbox, and counts for the rollups."""

    messages: list[Message] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)


def enroll(
    state: VisitorState, cart: CartState, journeys: dict[str, tuple[Journey, int]], *, now: int
) -> list[tuple[str, Exposure]]:
    """Deal the visitor into every live journey that waits for an abandoned cart.

    Returns the exposures, for the lift: recorded at this instant in every arm, the holdout included.
    """
    met: list[tuple[str, Exposure]] = []
    for journey_id, (journey, version) in sorted(journeys.items()):
        held = state.enrollments.get(journey_id)
        if not journey.live or not _can_reach(state, journey, now):
            continue
        if held is not None and held.cart == cart.cart.id and held.messages:
            continue
        salt = journey_salt(journey_id)
        dealt, p = deal(salt, state.visitor, 0 if state.preview else journey.holdout_pct * 100, [100])
        arm = HOLDOUT if dealt == HELD_OUT else TREATED
        met.append((salt, Exposure(arm, (now, "journey", 0), p)))
        state.enrollments[journey_id] = Enrollment(
            cart=cart.cart.id,
            arm=arm,
            version=version,
            entered_at=now,
            due_at=now,
            ended=HOLDOUT if arm == HOLDOUT else "",
        )
    return met


def _can_reach(state: VisitorState, journey: Journey, now: int) -> bool:
    """Whether any of its messages could arrive. Asked before the deal, so both arms hold the same people."""
    sends = [step for step in journey.steps if isinstance(step, Send)]
    if state.withdrew or unwanted(state, journey.topic, now=now):
        return False
    return any(step.channel == "push" and state.subscription is not None for step in sends)


def advance(state: VisitorState, journeys: dict[str, tuple[Journey, int]], *, now: int) -> Outcome:
    """Take every due step of every running enrollment."""
    outcome = Outcome()
    for journey_id, enrollment in sorted(state.enrollments.items()):
        if enrollment.ended:
            continue
        known = journeys.get(journey_id)
        if known is None or not known[0].live:
            enrollment.ended = "journey off"
            continue
        _walk(state, journey_id, known[0], enrollment, now, outcome)
    while len(state.deliveries) > KEEP_DELIVERIES:
        del state.deliveries[min(state.deliveries, key=lambda key: (state.deliveries[key].at, key))]
    return outcome


def _walk(
    state: VisitorState, journey_id: str, journey: Journey, enrollment: Enrollment, now: int, outcome: Outcome
) -> None:
    while not enrollment.ended and enrollment.due_at <= now:
        if enrollment.step >= len(journey.steps):
            enrollment.ended = "done"
            return
        step = journey.steps[enrollment.step]
        enrollment.step += 1
        match step:
            case Wait():
                enrollment.due_at += round(step.minutes * MINUTE_MS)
            case Send():
                name = message_id(state.shop, state.visitor, journey_id, step.id, enrollment.cart)
                if name in state.deliveries:
                    continue  # decided for this cart before another one came between: once is enough
                if now - enrollment.due_at > step.max_late_min * MINUTE_MS:
                    state.deliveries[name] = Delivery(journey_id, "skipped", now)
                    outcome.counts.append("message.skipped")
                    continue
                state.deliveries[name] = Delivery(journey_id, "", now)
                enrollment.messages.append(name)
                outcome.messages.append(
                    Message(
                        id=name,
                        shop=state.shop,
                        visitor=state.visitor,
                        journey=journey_id,
                        step=step.id,
                        channel=step.channel,
                        cart=enrollment.cart,
                        due_at=enrollment.due_at,
                    )
                )


def off_course(state: VisitorState, message: Message, journey: Journey | None) -> str:
    """'' if the journey still means to send the message, else what came between: the one question that is
    about the journey and its cart alone. All others are asked in decide.py.
    """
    enrollment = state.enrollments.get(message.journey)
    cart = state.carts.get(message.cart)
    if journey is None or not journey.live:
        return "journey off"
    if enrollment is None or message.id not in enrollment.messages:
        return "not enrolled"
    if enrollment.ended not in ("", "done"):
        return enrollment.ended
    if cart is None or not cart.is_open:
        return "ordered" if cart is not None and cart.ordered_at else "cart empty"
    if state.has_bought(cart):
        return "ordered"
    decided = state.deliveries.get(message.id)
    return f"already {decided.outcome}" if decided is not None and decided.outcome else ""


def why_not(state: VisitorState, message: Message, journey: Journey | None, *, now: int) -> str:
    """'' if the message may go out now, else the rule that holds it. Asked once more right before the
    send.
    """
    held = off_course(state, message, journey)
    if held or journey is None:
        return held
    if state.withdrew:
        return "consent withdrawn"
    if message.channel == "push" and state.subscription is None:
        return "no subscription"
    return unwanted(state, journey.topic, now=now) or too_often(state, now=now)


# What ends an enrollment by a fact; the stronger word stays, whichever fact was folded first.
_STRENGTH = {
    "": 0,
    "done": 0,
    "active again": 1,
    "cart empty": 1,
    STOPPED: 2,
    "consent withdrawn": 3,
    "ordered": 4,
}


def leave(state: VisitorState, reason: str) -> None:
    """End all enrollments that are still running or done sending."""
    for enrollment in state.enrollments.values():
        if _STRENGTH.get(enrollment.ended, 9) < _STRENGTH[reason]:
            enrollment.ended = reason


def come_back(state: VisitorState) -> None:
    """End what waits for the first message of a cart that was changed after its silence was noticed."""
    for enrollment in state.enrollments.values():
        if enrollment.messages or _STRENGTH.get(enrollment.ended, 9) > 1:
            continue
        cart = state.carts.get(enrollment.cart)
        if cart is not None and cart.changed_at > cart.silent_at:
            enrollment.ended = "active again" if cart.cart.lines else "cart empty"
