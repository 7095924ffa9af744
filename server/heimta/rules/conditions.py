"""What is wrong with a campaign's trigger, audience and schedule, and what can never come true in them.

A fault keeps a document out. A warning does not: a schedule that is over is no mistake, and an audience that
is empty today may be meant for tomorrow's shop. Both name the field, the value and the way out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from heimta.model.campaign import Audience, Campaign, Schedule, Trigger
from heimta.model.documents import ShopDoc
from heimta.rules.schedule import ends_of, instant, minutes, opens, overlaps
from heimta.rules.selectors import fault_of

# Which field belongs to which trigger, why it is there, and an example.
FIELDS = {
    "depth_pct": ("scroll", "how much of the page must have been seen", 60),
    "selector": ("click", "what is clicked on", "'.gift-finder'"),
}


def when_faults(campaign: Campaign) -> list[str]:
    faults = [*_trigger(campaign.trigger), *_hours("audience.hours", campaign.audience.hours)]
    if campaign.schedule is not None:
        faults += _schedule(campaign.schedule)
    return faults


def _trigger(trigger: Trigger) -> Iterator[str]:
    for name, (on, why, example) in FIELDS.items():
        value = getattr(trigger, name)
        if trigger.on == on and not value:
            yield f"trigger.{name} is missing; `{on}` needs it: {why}, for example {example}"
        if trigger.on != on and value:
            yield f"trigger.{name} is {value!r}; only `on: {on}` reads it: leave it out"
    if trigger.selector and (fault := fault_of(trigger.selector)):
        yield f"trigger.selector is {trigger.selector!r}: {fault}"
    if trigger.min_score is not None and trigger.on != "exit":
        yield f"trigger.min_score is {trigger.min_score}; only `on: exit` reads it: leave it out"
    if trigger.on == "idle" and trigger.after_s < 5:
        yield f"trigger.after_s is {trigger.after_s:g}; `idle` needs 5 seconds at least, for example 30"


def _hours(field: str, hours: tuple[str, ...]) -> Iterator[str]:
    for span in hours:
        begin, end = minutes(span)
        if begin == end:
            yield f"{field} has {span!r}, which has no length; a whole day is 00:00-24:00"
    if overlaps(hours):
        yield f"{field} is {list(hours)}; two of them overlap: make them one"


def _schedule(schedule: Schedule) -> Iterator[str]:
    for name in ("starts", "ends"):
        day = getattr(schedule, name)
        try:
            if day is not None:
                instant(day, "UTC")
        except ValueError:
            yield f"schedule.{name} is {day!r}; no calendar has that day or time"
            return
    begin, end = ends_of(schedule, "UTC")
    if begin is not None and end is not None and begin >= end:
        yield f"schedule.ends is {schedule.ends!r}, which is before schedule.starts {schedule.starts!r}"
    yield from _hours("schedule.hours", schedule.hours)


def warnings(campaign: Campaign, shop: ShopDoc, now: int) -> list[str]:
    """What keeps a campaign from ever showing, for who installs it. now: ms since the epoch."""
    return [f"campaign {campaign.id!r} can never show: {why}" for why in hindrances(campaign, shop, now)]


def hindrances(campaign: Campaign, shop: ShopDoc, now: int) -> list[str]:
    """The same without its name."""
    found = [*_never(campaign.audience, shop), *_never_then(campaign, shop)]
    if campaign.schedule is not None and opens(campaign.schedule, shop.timezone, now) is None:
        _, end = ends_of(campaign.schedule, shop.timezone)
        is_over = end is not None and now >= end
        found.append(
            f"schedule.ends is {campaign.schedule.ends!r}: it is over; give it a later day, or switch it off"
            if is_over
            else "schedule is never open; its days and hours do not meet between starts and ends"
        )
    return found


def _never(a: Audience, shop: ShopDoc) -> Iterator[str]:
    if a.min_cart_minor is not None and a.max_cart_minor is not None and a.min_cart_minor > a.max_cart_minor:
        yield f"audience.min_cart_minor is {a.min_cart_minor}, above max_cart_minor {a.max_cart_minor}"
    if a.min_visits is not None and a.max_visits is not None and a.min_visits > a.max_visits:
        yield f"audience.min_visits is {a.min_visits}, above max_visits {a.max_visits}"
    if a.visitors == "new" and (a.min_visits or 0) > 1:
        yield f"audience.visitors is new, and min_visits {a.min_visits}; a new one is on the first visit"
    if a.visitors == "returning" and a.max_visits == 1:
        yield "audience.visitors is returning, and max_visits 1; who returns is on the second visit or later"
    unknown = [language for language in a.languages if language not in shop.languages]
    if unknown and len(unknown) == len(a.languages):
        yield f"audience.languages is {unknown}; the shop speaks {', '.join(shop.languages)}"
    if a.pages and not any(page.startswith(("/", "*")) for page in a.pages):
        yield f"audience.pages is {list(a.pages)}; a page begins with /, as in /product/*"
    if a.pages and all(_covered(page, a.not_pages) for page in a.pages):
        yield f"audience.not_pages {list(a.not_pages)} leaves nothing of pages {list(a.pages)}"
    elif any(glob in ("*", "/*") for glob in a.not_pages):
        yield f"audience.not_pages is {list(a.not_pages)}, which is every page"
    if a.holds and all(_covered(one.lower(), a.not_holds, fold=True) for one in a.holds):
        yield f"audience.not_holds {list(a.not_holds)} leaves nothing of holds {list(a.holds)}"


def _never_then(campaign: Campaign, shop: ShopDoc) -> Iterator[str]:
    """What cannot be together with the trigger."""
    a, on = campaign.audience, campaign.trigger.on
    if on == "order" and (a.min_items or a.min_cart_minor or a.holds):
        yield "trigger.on is order, and the audience asks for a cart; it is empty once the order is placed"
    if on == "checkout":
        checkout = shop.urls.checkout
        below = (checkout, checkout + "/1")
        if all(_covered(page, a.not_pages) for page in below):
            yield f"trigger.on is checkout, and audience.not_pages {list(a.not_pages)} has {checkout}"
        # What a page's glob says before its first * must go together with the checkout's address.
        heads = [page.partition("*")[0] for page in a.pages]
        if heads and not any(head.startswith(checkout) or checkout.startswith(head) for head in heads):
            yield f"trigger.on is checkout, and audience.pages {list(a.pages)} has not {checkout}"


def _covered(text: str, globs: tuple[str, ...], *, fold: bool = False) -> bool:
    """Whether some glob has all that the text, or glob, has. [ is no bracket in ours."""
    return any(
        fnmatchcase(text, (glob.lower() if fold else glob).replace("[", "[[]").replace("?", "[?]"))
        for glob in globs
    )
