"""Journeys in words: what begins one, whom it asks, what ends it, and each of its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heimta.console.formats import money, plural
from heimta.model.condition import Condition
from heimta.model.journey import (
    AudienceStep,
    Branch,
    Exit,
    Journey,
    Send,
    Step,
    Trigger,
    Wait,
    WaitFor,
    all_steps,
)

CHANNELS = {
    "push": "push",
    "email": "e-mail",
    "sms": "SMS",
    "messenger": "Messenger",
    "webhook": "webhook",
}
# At the beginning of a line.
NAMED = {channel: f"{word[0].upper()}{word[1:]}" for channel, word in CHANNELS.items()}
_ENDS = {
    "ordered": "they order",
    "came_back": "they come back",
    "cart_filled": "they fill a cart",
    "clicked": "they open a message",
}


def journey_described(journey: Journey, currency: str) -> str:
    """`Journey of 3 messages (e-mail, SMS) when a checkout is left for 15 minutes`."""
    sends = [step for step in all_steps(journey.steps) if isinstance(step, Send)]
    ways = ", ".join(dict.fromkeys(CHANNELS[step.channel] for step in sends))
    kind = "Service journey" if journey.service else "Journey"
    told = f" of {plural(len(sends), 'message')} ({ways})" if sends else ""
    return f"{kind}{told} {begins(journey.begins, currency)}"


def begins(trigger: Trigger, currency: str) -> str:
    after = "" if trigger.after_min is None else f" for {span(trigger.after_min)}"
    of = f" of {trigger.of}" if trigger.of else ""
    return {
        "cart_abandoned": f"when a cart is left{after}",
        "checkout_abandoned": f"when a checkout is left{after}",
        "browse_abandoned": f"when products were looked at and left{after}",
        "ordered": "when an order comes in",
        "shipped": "when a parcel is on its way",
        "delivered": "when a parcel has arrived",
        "back_in_stock": f"when a product they looked at is back{of}",
        "price_dropped": f"when a product they looked at costs less{of}",
        "subscribed": "when somebody allows notifications",
        "signed_up": "when somebody signs up for news",
        "cart_wanted": "when somebody asks for their cart",
        "event": f"on {trigger.event}{of}",
        "segment": f"when it comes to be so: {_joined(trigger.segment, currency)}",
        "date": _date(trigger),
    }[trigger.on]


def _date(trigger: Trigger) -> str:
    if trigger.day is not None:
        return f"on {trigger.day.replace('T', ', ')}"
    fact = trigger.since.replace("_", " ")
    if trigger.yearly:
        return f"on each anniversary of the {fact}"
    return f"{plural(trigger.days_after or 0, 'day')} after the {fact}"


def journey_conditions(journey: Journey, currency: str) -> list[str]:
    """What is asked besides the trigger, and what ends it, one sentence each."""
    given = [f"Only if {words}." for words in asked(journey.begins.given, currency)]
    again = journey.again_h
    if again is None:
        given.append("Once for each shopper.")
    elif again:
        given.append(f"Again after {span(again * 60)} at the earliest.")
    if journey.ends_on:
        given.append(f"Ends as soon as {' or '.join(_ENDS[end] for end in journey.ends_on)}.")
    given += [f"Ends once {words}." for words in asked(journey.ends_if, currency)]
    return given


def asked(condition: Condition | None, currency: str) -> list[str]:
    """Each thing that a condition asks, as a clause."""
    if condition is None:
        return []
    words: dict[str, Callable[[Any], str]] = {
        "reachable": lambda ways: f"{' or '.join(CHANNELS[way] for way in ways)} can reach them",
        "languages": lambda tongues: f"they read {' or '.join(tongues)}",
        "known": lambda facts: f"their {' and '.join(facts)} is known",
        "min_cart_minor": lambda least: f"the cart holds {money(least, currency)} or more",
        "max_cart_minor": lambda most: f"the cart holds {money(most, currency)} at most",
        "holds": lambda globs: f"the cart has {' or '.join(globs)}",
        "viewed": lambda globs: f"they looked at {' or '.join(globs)}",
        "min_orders": lambda least: (
            "they have ordered before" if least == 1 else f"they ordered {plural(least, 'time')} or more"
        ),
        "max_orders": lambda most: (
            f"they ordered {plural(most, 'time')} at most" if most else "they have never ordered"
        ),
        "min_spent_minor": lambda least: f"they spent {money(least, currency)} or more",
        "ordered": lambda so: "they have ordered since" if so else "they have not ordered since",
        "came_back": lambda so: "they have come back since" if so else "they have not come back since",
        "sent": lambda step: f"\u201c{step}\u201d was sent",
        "clicked": lambda step: f"\u201c{step}\u201d was opened",
        "claimed": lambda campaign: f"they took the offer of \u201c{campaign}\u201d",
        "quiet_days": lambda days: f"nothing was heard of them for {plural(days, 'day')}",
        "unordered_days": lambda days: f"they have not ordered for {plural(days, 'day')}",
    }
    given = ((name, getattr(condition, name)) for name in Condition.__struct_fields__)
    return [words[name](value) for name, value in given if value not in (None, ())]


def _joined(condition: Condition | None, currency: str) -> str:
    return " and ".join(asked(condition, currency))


def step_words(step: Step, currency: str) -> str:
    """What a step does, in a few words."""
    match step:
        case Wait():
            if step.since == "start":
                return f"Wait until {span(step.minutes)} after the beginning"
            return f"Wait {span(step.minutes)}"
        case WaitFor():
            return f"Wait until {_joined(step.when, currency)}, {span(step.minutes)} at most"
        case Branch():
            return f"If {_joined(step.when, currency)}"
        case Send():
            return f"Send by {CHANNELS[step.channel]}{' with a coupon' if step.coupon else ''}"
        case AudienceStep():
            way = "Into" if step.change == "add" else "Out of"
            return f"{way} the ad audience \u201c{step.audience}\u201d"
        case Exit():
            return "End"


def span(minutes: float) -> str:
    """`15 minutes`, `2 hours`, `3 days`: in the largest unit that leaves nothing over."""
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes >= size and minutes % size == 0:
            return plural(minutes / size, unit)
    return plural(minutes, "minute")
