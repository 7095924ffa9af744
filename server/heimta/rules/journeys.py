"""What is wrong with a journey that a type cannot say, and what a merchant should know though it is right."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from heimta.model.condition import Condition
from heimta.model.event import PROPS
from heimta.model.journey import (
    AudienceStep,
    Branch,
    Exit,
    Journey,
    Send,
    Step,
    Trigger,
    WaitFor,
    all_steps,
)
from heimta.rules.coupons import offer_faults
from heimta.rules.mail.faults import step_faults
from heimta.rules.schedule import instant
from heimta.rules.sendable import sendable_faults, sendable_notes

MAX_STEPS = 60  # all together
MAX_DEPTH = 3  # branches inside branches
# What only some triggers have: field -> triggers.
_OF_TRIGGER: dict[str, frozenset[str]] = {
    "after_min": frozenset({"cart_abandoned", "checkout_abandoned", "browse_abandoned"}),
    "event": frozenset({"event"}),
    "of": frozenset({"event", "back_in_stock", "price_dropped"}),
    "segment": frozenset({"segment"}),
    "day": frozenset({"date"}),
    "days_after": frozenset({"date"}),
    "yearly": frozenset({"date"}),
}
# What may be told to somebody who never agreed to be written to: how their own order goes on.
_SERVICE = frozenset({"ordered", "shipped", "delivered"})
# Asks of the journey itself: before it has begun there is nothing to ask.
_INSIDE = ("ordered", "came_back", "sent", "clicked")
_TIMES = ("quiet_days", "unordered_days")
_ONLY_PUSH = "only a push tells that it was opened"
_ABOUT = {"campaign", "sku"}  # what an event's `of` is compared with (worker/moments.py)
FORGOTTEN_DAYS = 90  # a visitor of whom nothing is heard for so long is forgotten (store/keys.py)


def journey_faults(journey: Journey) -> list[str]:
    """Each names the field, the value, the rule and the way out."""
    return [
        *_trigger_faults(journey.begins),
        *_whole_faults(journey),
        *_service_faults(journey),
        *_order_faults(journey.steps),
        *(fault for step in all_steps(journey.steps) for fault in _step_faults(step, journey)),
        *(_condition_faults(journey.ends_if, "ends_if", journey) if journey.ends_if is not None else []),
    ]


def journey_notes(journey: Journey) -> list[str]:
    """Of a live one."""
    told = []
    sends = [step for step in all_steps(journey.steps) if isinstance(step, Send)]
    for step in sends:
        # An e-mail shows it in a box of its own.
        is_told = step.channel == "email" or any("{code}" in text for text in _texts(step))
        if step.coupon is not None and not is_told:
            told.append(f"step {step.id!r} has a coupon, and no text with {{code}}: it is in the link alone")
    told += [note for step in sends for note in sendable_notes(step)]
    if journey.holdout == 0 and not journey.service and journey.begins.on != "cart_wanted":
        told.append("has no holdout: nobody will know what it earned; with holdout_pct: 10 they would")
    if journey.begins.on == "segment" and journey.again_h == 0:
        told.append("begins again whenever the shopper comes back into the segment; again_h spaces that")
    trigger = journey.begins
    if trigger.on == "date" and (trigger.yearly or (trigger.days_after or 0) >= FORGOTTEN_DAYS):
        told.append(
            f"is for those who are heard of meanwhile: a visitor who is away for {FORGOTTEN_DAYS} days is "
            "forgotten"
        )
    return told


def _trigger_faults(trigger: Trigger) -> Iterator[str]:
    bare = Trigger(trigger.on)
    for field, words in _OF_TRIGGER.items():
        given = getattr(trigger, field)
        if given != getattr(bare, field) and trigger.on not in words:
            yield f"trigger.{field} is {_short(given)}; it is only for {' and '.join(sorted(words))}"
    if trigger.on == "event" and trigger.event not in PROPS:
        yield f"trigger.event is {trigger.event!r}; it must be an event of the wire: {', '.join(PROPS)}"
    elif trigger.on == "event" and trigger.of and not _ABOUT & {*PROPS[trigger.event].__struct_fields__}:
        yield f"trigger.of is {trigger.of!r}; {trigger.event} is about no campaign and no sku, leave it out"
    if trigger.on == "segment" and trigger.segment is None:
        yield "trigger.segment: missing; it says whom the journey waits for, as in {min_orders: 3}"
    if trigger.on == "date":
        yield from _date_faults(trigger)
    for name, condition in (("segment", trigger.segment), ("given", trigger.given)):
        if condition is not None:
            yield from _condition_faults(condition, f"trigger.{name}", None)


def _date_faults(trigger: Trigger) -> Iterator[str]:
    given = [trigger.day is not None, trigger.days_after is not None, trigger.yearly]
    if sum(given) != 1:
        yield "trigger: a date is either a `day`, or `days_after`, or `yearly: true`; give one of them"
    if trigger.day is not None:
        try:
            instant(trigger.day, "UTC")
        except ValueError:
            yield f"trigger.day is {trigger.day!r}; there is no such day in any calendar"


def _whole_faults(journey: Journey) -> Iterator[str]:
    steps = all_steps(journey.steps)
    names = [step.id for step in steps]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        yield f"steps have the ids {twice}; each must be its own, since a message is named after its step"
    if len(steps) > MAX_STEPS:
        yield f"steps are {len(steps)} with those inside branches; at most {MAX_STEPS}"
    if _depth(journey.steps) > MAX_DEPTH:
        yield f"steps: branches stand {_depth(journey.steps)} deep in each other; at most {MAX_DEPTH}"
    pushes = any(isinstance(step, Send) and step.channel == "push" for step in steps)
    if "clicked" in (journey.ends_on or ()) and not pushes:
        yield f"ends_on has 'clicked', and no step sends a push; {_ONLY_PUSH}; `came_back` says who was there"
    if not any(isinstance(step, Send | AudienceStep) for step in steps):
        yield "steps: none of them does anything; a journey needs a `send` or an `audience`"


def _service_faults(journey: Journey) -> Iterator[str]:
    if not journey.service:
        return
    if journey.begins.on not in _SERVICE:
        yield (
            f"service is true, and the trigger is {journey.begins.on!r}; only what follows an order "
            f"({', '.join(sorted(_SERVICE))}) goes out without a yes. Leave `service` out"
        )
    for step in all_steps(journey.steps):
        if isinstance(step, AudienceStep) or (isinstance(step, Send) and step.coupon is not None):
            what = "ad audience" if isinstance(step, AudienceStep) else "coupon"
            yield f"step {step.id!r}: service is true, and {what}s are marketing; leave one of both out"


def _order_faults(steps: tuple[Step, ...]) -> Iterator[str]:
    """What stands behind an exit is never reached."""
    for number, step in enumerate(steps):
        if isinstance(step, Exit) and number < len(steps) - 1:
            yield f"step {steps[number + 1].id!r} stands behind the exit {step.id!r}, and is never reached"
        if isinstance(step, Branch | WaitFor):
            yield from _order_faults(step.then)
            yield from _order_faults(step.otherwise)


def _step_faults(step: Step, journey: Journey) -> Iterator[str]:
    match step:
        case Send():
            yield from _send_faults(step)
        case Branch() | WaitFor():
            yield from _condition_faults(step.when, f"step {step.id!r}: if", journey)
            if isinstance(step, Branch) and not step.then and not step.otherwise:
                yield f"step {step.id!r}: neither `then` nor `else` has a step, so it decides nothing"
            for field in _TIMES if isinstance(step, WaitFor) else ():
                if getattr(step.when, field) is not None:
                    yield f"step {step.id!r}: if.{field} is about time alone; a `wait` waits for that"


def _send_faults(step: Send) -> Iterator[str]:
    yield from step_faults(step)
    if step.channel == "push" and not step.title:
        yield f"step {step.id!r}: title is missing; a push has nothing else that is sure to be shown"
    yield from sendable_faults(step)
    if step.coupon is None and any("{code}" in text for text in _texts(step)):
        yield f"step {step.id!r}: a text has {{code}}, and the step no `coupon` to take it from"
    if step.coupon is not None:
        yield from offer_faults(step.coupon, f"step {step.id!r}: coupon")


def _condition_faults(condition: Condition, where: str, journey: Journey | None) -> Iterator[str]:
    """journey: None for what is asked before it begins."""
    if condition == Condition():
        yield f"{where} is empty; it holds for everyone, so leave it out or ask something"
    steps = [] if journey is None else all_steps(journey.steps)
    sends = {step.id: step.channel for step in steps if isinstance(step, Send)}
    for field in _INSIDE:
        given = getattr(condition, field)
        if given is None:
            continue
        if journey is None:
            yield f"{where}.{field} asks of the journey itself, which has not begun then"
        elif field in ("sent", "clicked") and given not in sends:
            yield f"{where}.{field} is {given!r}; there is no such `send`, they are {', '.join(sends)}"
        elif field == "clicked" and sends[given] != "push":
            yield (
                f"{where}.clicked is {given!r}, which goes by {sends[given]}; {_ONLY_PUSH}; `came_back` says "
                "who was there"
            )
    low, high = condition.min_orders, condition.max_orders
    if low is not None and high is not None and low > high:
        yield f"{where}: min_orders is {low} and max_orders {high}; nobody has both"
    least, most = condition.min_cart_minor, condition.max_cart_minor
    if least is not None and most is not None and least > most:
        yield f"{where}: min_cart_minor is {least} and max_cart_minor {most}; no cart has both"


def _texts(step: Send) -> Iterator[str]:
    for text in (step.title, step.body, step.button):
        yield from (text,) if isinstance(text, str) else text.values()


def _depth(steps: tuple[Step, ...]) -> int:
    inside = [s for s in steps if isinstance(s, Branch | WaitFor)]
    return max((1 + max(_depth(s.then), _depth(s.otherwise)) for s in inside), default=0)


def _short(value: object) -> str:
    shown = msgspec.json.encode(value).decode()
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
