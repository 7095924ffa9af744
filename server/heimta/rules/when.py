"""When and to whom a campaign shows, as the browser asks it: trigger, audience, schedule, frequency.

Most campaigns ask little, and the stage has that. Whatever is asked more rarely is in a file of its own
(`rules`, snippet/src/rules.ts), which is fetched only where a live campaign of the shop asks for it.
"""

from __future__ import annotations

from typing import Any

from heimta.model.campaign import Attention, Audience, Campaign, Schedule, Trigger
from heimta.model.contents import PushContent, SurveyContent
from heimta.rules.schedule import ends_of, minutes

Json = dict[str, Any]

# What the stage asks itself (snippet/src/stage/audience.ts, decide.ts).
COMMON = frozenset({"min_cart_minor", "max_cart_minor", "min_items", "pages", "not_pages"})
COMMON_TRIGGERS = frozenset({"exit", "after", "checkout", "engaged"})


def compile_when(campaign: Campaign, timezone: str) -> Json:
    """timezone: the shop's, which the schedule is read in."""
    audience = _audience(campaign.audience)
    compiled: Json = {
        "trigger": _trigger(campaign.trigger),
        "audience": audience,
        "frequency": _frequency(campaign),
    }
    schedule = _schedule(campaign.schedule, timezone) if campaign.schedule else {}
    if schedule:
        compiled["schedule"] = {"zone": timezone} | schedule
    if is_rare(campaign):
        compiled["rules"] = True
    return compiled


def is_rare(campaign: Campaign) -> bool:
    """Whether the page needs the file `rules` for it."""
    return bool(
        not set(_audience(campaign.audience)) <= COMMON
        or campaign.trigger.on not in COMMON_TRIGGERS
        or campaign.trigger.min_score is not None
        or (campaign.schedule is not None and campaign.schedule != Schedule())
    )


def compile_attention(attention: Attention) -> Json:
    """Nothing for what the stage takes by itself (snippet/src/stage/frequency.ts)."""
    if (attention.per_day, attention.apart_s) == (Attention().per_day, Attention().apart_s):
        return {}
    return {"attention": {"per_day": attention.per_day, "apart_s": attention.apart_s}}


def _trigger(trigger: Trigger) -> Json:
    compiled: Json = {"on": trigger.on, "after_s": trigger.after_s}
    match trigger.on:
        case "exit" if trigger.min_score is not None:
            compiled["min_score"] = trigger.min_score
        case "scroll":
            compiled["depth_pct"] = trigger.depth_pct
        case "click":
            compiled["selector"] = trigger.selector
    return compiled


def _audience(audience: Audience) -> Json:
    """Only what is asked for: an empty rule costs no bytes on the page."""
    given = {name: getattr(audience, name) for name in Audience.__struct_fields__}
    asked = {name: value for name, value in given.items() if value not in (None, (), {}, "all", "any")}
    if audience.hours:
        asked["hours"] = [minutes(span) for span in audience.hours]
    return asked


def _schedule(schedule: Schedule, timezone: str) -> Json:
    begin, end = ends_of(schedule, timezone)
    compiled: Json = {}
    if begin is not None:
        compiled["starts"] = begin
    if end is not None:
        compiled["ends"] = end
    if schedule.days:
        compiled["days"] = [day.capitalize() for day in schedule.days]
    if schedule.hours:
        compiled["hours"] = [minutes(span) for span in schedule.hours]
    return compiled


def _frequency(campaign: Campaign) -> Json:
    frequency = campaign.frequency
    compiled: Json = {"max": frequency.max, "per_h": frequency.per_h}
    contents = [variant.content for variant in campaign.variants]
    if all(isinstance(content, SurveyContent) for content in contents):
        # Closed by accident, it comes once more. Whoever is held out closes nothing: both arms by one rule.
        compiled["max"] = 1
        compiled["per_h"] = max(frequency.per_h, frequency.again_days * 24)
        compiled["ever"] = 2 if frequency.again_days else 1
    asks = all(isinstance(content, SurveyContent | PushContent) for content in contents)
    if frequency.after_no == "never" or (asks and frequency.after_no is None):
        compiled["no"] = True
    return compiled
