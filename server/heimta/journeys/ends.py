"""What ends a journey before its last step. Pure.

Orders, withdrawals and stops end it in the fold, at once; everything is asked again before each step and
right before each send (off_course). The stronger word stays, whichever fact was folded first.
"""

from __future__ import annotations

from heimta.journeys.conditions import (
    ABOUT_ORDERS,
    DAY_MS,
    came_back_since,
    holds,
    ordered_since,
    own_order,
)
from heimta.journeys.plans import Plans, is_written_to, journey_of
from heimta.journeys.silence import last_sign
from heimta.journeys.wanted import STOPPED
from heimta.model.documents import ShopDoc
from heimta.model.journey import AudienceStep, End, Journey, Send, all_steps
from heimta.model.visitor import Enrollment, VisitorState
from heimta.rules.consented import UNCONFIRMED

_STRENGTH = {
    "": 0,
    "done": 0,
    "exited": 0,
    "outranked": 1,
    "active again": 1,
    "cart empty": 1,
    "came back": 1,
    "cart filled": 1,
    "clicked": 1,
    "condition": 1,
    "another shopper": 1,
    "called off": 1,
    UNCONFIRMED: 1,
    STOPPED: 2,
    "consent withdrawn": 3,
    "ordered": 4,
}


def ends_of(journey: Journey) -> tuple[End, ...]:
    """Never after the purchase, but for what is about the purchase itself."""
    if journey.ends_on is not None:
        return journey.ends_on
    word = journey.begins.on
    if _begins_with_order(journey):
        return ()
    return ("ordered", "cart_filled") if word == "browse_abandoned" else ("ordered",)


def is_spared(journey: Journey) -> bool:
    """Whether an order does not end it at once. What begins with one looks itself whether it is another."""
    return "ordered" not in ends_of(journey) or _begins_with_order(journey)


def _begins_with_order(journey: Journey) -> bool:
    return journey.begins.on in ABOUT_ORDERS or journey.begins.event == "order_completed"


def leave(state: VisitorState, reason: str, before: int = 0) -> None:
    """End all enrollments that are still running or done sending.

    before: only those that had begun by then, ms; 0: all.
    """
    for enrollment in state.enrollments.values():
        if enrollment.is_spared and reason == "ordered":
            continue
        if before and enrollment.entered_at > before:
            continue
        if _STRENGTH.get(enrollment.ended, 9) < _STRENGTH[reason]:
            enrollment.ended = reason


def come_back(state: VisitorState, plans: Plans) -> None:
    """End what waits for its first message when the shopper was there again after its silence."""
    for name, enrollment in state.enrollments.items():
        if is_written_to(state, enrollment) or _STRENGTH.get(enrollment.ended, 9) > 1:
            continue
        cart = state.carts.get(enrollment.cart)
        journey = plans.pinned(journey_of(name), enrollment.version)
        sign = None if journey is None else last_sign(state, journey.begins)
        if sign is None:
            is_again = cart is not None and cart.changed_at > cart.silent_at
        else:
            is_again = sign > state.considered.get(journey_of(name), 0)
        if is_again:
            enrollment.ended = "active again" if cart is None or cart.cart.lines else "cart empty"


def unbegin(state: VisitorState, name: str, *, since: int) -> None:
    """End one that has sent nothing: the yes that it began with had to be confirmed, and that was known too
    late. since: when that yes came, ms.
    """
    held = state.enrollments.get(name)
    if held is None or held.entered_at < since or is_written_to(state, held):
        return
    if _STRENGTH.get(held.ended, 9) <= _STRENGTH[STOPPED]:  # by a stop that is older than the yes
        held.ended = UNCONFIRMED


def outrank(state: VisitorState, journey: Journey, plans: Plans) -> None:
    """This journey begins: those about the same topic that matter less end."""
    for name, enrollment in state.enrollments.items():
        other = plans.pinned(journey_of(name), enrollment.version)
        if other is not None and not enrollment.ended and is_below(other, journey):
            enrollment.ended = "outranked"


def is_below(journey: Journey, other: Journey) -> bool:
    """Whether it gives way to the other one."""
    if journey.service or other.service or journey.id == other.id:
        return False
    return journey.topic == other.topic and journey.priority < other.priority


def over(state: VisitorState, journey: Journey, enrollment: Enrollment, shop: ShopDoc, *, now: int) -> str:
    """'' while it goes on, else the word for what ended it. Asked before each step and before each send."""
    if _is_anothers(state, journey, enrollment):
        return "another shopper"
    if _is_called_off(state, journey, enrollment):
        return "called off"
    begun = enrollment.entered_at
    cart = state.carts.get(enrollment.cart) if enrollment.cart else None
    ends = ends_of(journey)
    if cart is not None:  # whether there is something in it is asked when a message would leave
        if cart.ordered_at or state.has_bought(cart):
            return "ordered"
    elif "ordered" in ends and ordered_since(state, begun, enrollment, journey):
        return "ordered"
    if "came_back" in ends and _came_back(state, journey, enrollment):
        return "came back"
    if "cart_filled" in ends and any(c.is_open and c.changed_at > begun for c in state.carts.values()):
        return "cart filled"
    if "clicked" in ends and any(_was_clicked(state, name) for name in enrollment.messages):
        return "clicked"
    condition = journey.ends_if
    if condition is not None and holds(
        condition, state, shop, enrollment=enrollment, journey=journey, now=now
    ):
        return "condition"
    return ""


def _is_anothers(state: VisitorState, journey: Journey, enrollment: Enrollment) -> bool:
    """Another customer has signed in on this browser since, and it would be written to theirs, or a webhook
    would name them. A push goes to the browser; a service message to the address that came with the order.
    """
    if state.identity is None or enrollment.entered_at >= state.identity.own_from:
        return False
    order = state.orders.get(enrollment.about)
    if journey.service and order is not None and order.customer is not None:
        return False
    return any(
        isinstance(step, AudienceStep) or (isinstance(step, Send) and step.channel != "push")
        for step in all_steps(journey.steps)
    )


def _is_called_off(state: VisitorState, journey: Journey, enrollment: Enrollment) -> bool:
    """The order that it is about was cancelled, or all of it sent back: nobody is asked how they like that.
    Of a parcel they hear all the same: the shop says of it that it is under way, and not of a cancellation
    that it was taken back.
    """
    if journey.service and journey.begins.on != "ordered":
        return False
    order = own_order(state, enrollment, journey)
    return order is not None and order.is_called_off


def _came_back(state: VisitorState, journey: Journey, enrollment: Enrollment) -> bool:
    """What is for no cart is for the person: a later day in another browser counts too."""
    begun = enrollment.entered_at
    return came_back_since(state, begun, journey) or (not enrollment.cart and state.seen_day * DAY_MS > begun)


def _was_clicked(state: VisitorState, message: str) -> bool:
    held = state.deliveries.get(message)
    return held is not None and held.clicked > 0
