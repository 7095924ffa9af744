"""The send log in words: what was decided on a message, and by which rule, for the console and `heimta why`.

A rule's own words stand in the log; here they are explained. One that is not explained is shown as it is, so
a new rule needs no change here to be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from heimta.rules.quiet import zone_of

# What the row says -> what became of the message.
OUTCOMES = {
    "send": "let through",
    "defer": "deferred",
    "skip": "skipped",
    "sent": "sent",
    "failed": "failed",
    "gone": "failed",
    "unknown": "unknown",
    "retry": "tried again later",
    "held": "held out",
}
RULES = {
    "ordered": "the shopper has bought",
    "cart empty": "the cart was emptied",
    "active again": "the shopper came back before the first message",
    "came back": "the shopper came back",
    "cart filled": "the shopper filled a cart",
    "clicked": "the shopper clicked a message",
    "condition": "a condition of the journey ended it",
    "outranked": "a journey that matters more began",
    "called off": "the order was cancelled, or all of it sent back",
    "another shopper": "another customer signed in on this browser",
    "journey off": "the journey is off",
    "not enrolled": "the shopper began the journey anew",
    "step gone": "the journey has no such step any more",
    "visitor forgotten": "the visitor is forgotten",
    "consent withdrawn": "consent was withdrawn",
    "stopped": "the shopper wants no messages at all",
    "channel off": "the shopper said no to this channel",
    "channel refused": "a stop word, or the provider refuses to deliver there",
    "no consent": "nobody said yes to this channel",
    "not confirmed": "the address has not confirmed the yes that was typed for it",
    "nothing to confirm": "the yes is confirmed, taken back, or was for another address",
    "asked already": "the address was asked to confirm within a day, or three times within 90 days",
    "no subscription": "there is no push subscription",
    "paused": "the shopper paused messages",
    "topic off": "the shopper switched this topic off",
    "less often": "the shopper wants one message a week at most, and had one",
    "due before the restore": "it was due before a backup was restored, and may have been sent",
    "too late": "it is later than the step allows",
    "told already": "another browser of the same person was told",
    "sold out again": "the product was sold out again",
    "price rose again": "the product costs more again",
    "quiet hours": "quiet hours",
    "messages_per_day": "enough messages within a day",
    "messages_per_week": "enough messages within a week",
    "all_per_day": "enough popups and messages within a day",
    "apart_h": "too soon after another message",
    "apart_s": "a popup was seen a moment ago",
    "sms_per_day": "the shop has sent as many SMS within a day as it wants to pay for",
    "email_per_day": "the shop has sent as many e-mails within a day as its document allows",
    "busy": "other messages of the person were decided at the same moment",
    "answered already": "the shopper has answered this survey",
    "no survey": "the survey it asks is gone",
    "no coupon": "there is no coupon for the shopper",
    "no code yet": "the shop's codes were gone for a moment; more are made",
    "crash": "it was on its way when the sender died; nobody knows whether it arrived",
    "holdout": "in the holdout, which shows what would have come anyway",
}
_HELD = "held too long: "


def explain(rule: str) -> str:
    """What a rule means; the rule itself where nobody has explained it."""
    if rule.startswith(_HELD):
        return f"held back for a week by: {RULES.get(rule.removeprefix(_HELD), rule)}"
    if rule.startswith("already "):
        return "it was decided before"
    return RULES.get(rule, rule)


def detail(rule: str, facts: Mapping[str, Any]) -> str:
    """The facts that a rule was decided by, in a few words; '' where the rule says all."""
    limits: Mapping[str, Any] = facts.get("limits") or {}
    zones = [name for name in facts.get("zones", ()) if name]
    zone = zone_of(*zones)
    rule = rule.removeprefix(_HELD)
    match rule:
        case "quiet hours":
            wall = datetime.fromtimestamp(facts["now"] / 1000, UTC).astimezone(zone)
            return f"{limits.get('quiet', '')} in {zones[0] if zones else 'UTC'}, where it was {wall:%H:%M}"
        case "sms_per_day" | "email_per_day":
            return f"{rule.replace('_', '.', 1)} is {facts[rule]}"
        case "too late":
            late = round((facts["now"] - facts["due_at"] - facts.get("deferred_ms", 0)) / 60_000)
            return f"{late} minutes late, {facts.get('max_late_min', 0):g} are allowed"
        case "messages_per_day" | "messages_per_week" | "all_per_day" | "apart_h" | "apart_s":
            touches = [touch for touch in facts.get("touches", ()) if touch[1] != facts["message"]]
            sent = sum(touch[2] == "message" for touch in touches)
            seen = sum(touch[2] == "shown" for touch in touches)
            most = f"{rule} is {limits[rule]}; " if rule in limits else ""
            had = f"{_many(sent, 'message')} within a week and {_many(seen, 'popup')} within a day"
            return f"{most}the person had {had}"
    return ""


def _many(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
