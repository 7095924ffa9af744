"""To whom and when a campaign shows, as sentences. Pure; what the debug overlay tells of one visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heimta.console.formats import money, number, plural
from heimta.console.journey_words import journey_conditions, span
from heimta.model.campaign import Audience, Campaign, Schedule
from heimta.model.contents import CheckoutContent, PushContent, SurveyContent
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey

DAYS = {
    "mon": "Mondays", "tue": "Tuesdays", "wed": "Wednesdays", "thu": "Thursdays", "fri": "Fridays",
    "sat": "Saturdays", "sun": "Sundays",
}  # fmt: skip

TWO_DAYS_H = 48  # up to here hours say it better than days


def conditions_of(document: Campaign | Journey, shop: ShopDoc) -> list[str]:
    """What is asked besides the trigger, one sentence each; nothing for what is left out."""
    if isinstance(document, Journey):
        return journey_conditions(document, shop.currency)
    told = [*_audience(document.audience, shop.currency), *_schedule(document.schedule, shop.timezone)]
    if not all(isinstance(v.content, CheckoutContent) for v in document.variants):
        told.append(_frequency(document))
    return told


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(f"\u201c{word}\u201d" for word in words)


def _spans(hours: tuple[str, ...]) -> str:
    return " or ".join(span.replace("-", " to ") for span in hours)


def _audience(audience: Audience, currency: str) -> list[str]:
    words: dict[str, Callable[[Any], str]] = {
        "min_cart_minor": lambda least: f"Carts from {money(least, currency)}.",
        "max_cart_minor": lambda most: (
            f"Carts up to {money(most, currency)}." if most else "Only while the cart is empty."
        ),
        "min_items": lambda least: f"Carts with {plural(least, 'item')} or more.",
        "holds": lambda globs: f"Carts with {_either(globs)}.",
        "not_holds": lambda globs: f"Carts without {_either(globs)}.",
        "pages": lambda globs: f"On {_either(globs)}.",
        "not_pages": lambda globs: f"Not on {_either(globs)}.",
        "referrers": lambda globs: f"Visits that came from {_either(globs)}.",
        "utm_sources": lambda globs: f"Visits with the utm_source {_either(globs)}.",
        "devices": lambda kinds: f"{' and '.join(kinds).capitalize()} devices.",
        "languages": lambda languages: f"In {' and '.join(languages)}.",
        "visitors": lambda kind: f"{kind.capitalize()} visitors." if kind != "all" else "",
        "min_visits": lambda least: f"From visit {number(least)} on.",
        "max_visits": lambda most: f"Up to visit {number(most)}.",
        "hours": lambda hours: f"{_spans(hours)} by the shopper\u2019s clock.".capitalize(),
        "push": lambda kind: {
            "any": "",
            "subscribed": "Visitors with notifications.",
            "unsubscribed": "Visitors without notifications.",
        }[kind],
        "attributes": lambda wanted: " ".join(
            f"The shop says that {name} is {_either(globs)}." for name, globs in wanted.items()
        ),
    }
    given = ((name, getattr(audience, name)) for name in Audience.__struct_fields__)
    return [told for name, value in given if value not in (None, (), {}) and (told := words[name](value))]


def _schedule(schedule: Schedule | None, timezone: str) -> list[str]:
    if schedule is None or schedule == Schedule():
        return []
    parts = [
        f"from {_day(schedule.starts)}" if schedule.starts else "",
        f"to {_day(schedule.ends)}" if schedule.ends else "",
        f"on {', '.join(DAYS[day] for day in schedule.days)}" if schedule.days else "",
        _spans(schedule.hours),
    ]
    told = ", ".join(part for part in parts if part)
    return [f"{told[0].upper()}{told[1:]} ({timezone})."]


def _day(day: str) -> str:
    return day.replace("T", ", ")


def _frequency(campaign: Campaign) -> str:
    frequency = campaign.frequency
    contents = [variant.content for variant in campaign.variants]
    times = "once" if frequency.max == 1 else f"{number(frequency.max)} times"
    hours = frequency.per_h
    within = plural(hours, "hour") if 1 <= hours <= TWO_DAYS_H else span(60 * hours)
    often = f"At most {times} in {within} per visitor"
    if all(isinstance(content, SurveyContent) for content in contents):
        days = frequency.again_days
        again = f", once more {plural(days, 'day')} after it was closed by accident" if days else ""
        often = f"Once per visitor{again}"
    asks = all(isinstance(content, SurveyContent | PushContent) for content in contents)
    is_last = (frequency.after_no or ("never" if asks else "again")) == "never"
    return f"{often}; never again after a {'yes or a no' if is_last else 'yes'}."
