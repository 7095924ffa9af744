"""The help at the checkout, as the browser needs it."""

from __future__ import annotations

import re

from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent
from heimta.model.contents.checkout import Delivery
from heimta.rules.contents.fill import Json, Spoken, labels
from heimta.rules.delivery import calendar

# What each kind of help says: labels whose names begin with one of these.
SAYS: dict[str, tuple[str, ...]] = {
    "progress_before": ("missing", "reached"),
    "errors": ("lacks_", "wrong_", "tick", "short", "long", "said", "field"),
    "remember": ("remember", "forgotten"),
    "delivery": ("arrives", "within"),
    "summary": ("order",),
    "coupon": ("coupon",),
}
FORM = ("fields", "errors", "remember")
# Files besides the widget's own, and the switches that take them.
FILES: dict[str, tuple[str, ...]] = {
    "checkout-progress": ("progress_before",),
    "checkout-form": ("fields", "errors"),
    "checkout-remember": ("remember",),
    "checkout-calm": ("summary", "reassurance", "coupon"),
    "checkout-delivery": ("delivery",),
}


def compile_content(
    content: CheckoutContent, tongue: Spoken, campaign: Campaign, zone: str = "UTC", now: int = 0
) -> Json:
    """Field by field: what is not named here stays on the server, and what is off costs no bytes.

    zone: the shop's timezone, which `delivery` is in. now: ms; without it no day is promised.
    """
    calm = content.hide == "auto"
    compiled: Json = {
        "widget": "checkout",
        "hide": [] if calm else list(content.hide),
        "progress_before": content.progress_before,
        "labels": _labels(content, tongue),
    }
    if calm:
        compiled["calm"] = True
    for switch in FORM:
        if getattr(content, switch):
            compiled[switch] = True
    for place in ("summary", "coupon"):
        if given := getattr(content, place):
            compiled[place] = given
    if not content.on_payment:
        compiled["payment"] = "|".join(map(_pattern, content.payment_pages))
    if content.delivery is not None:
        compiled["delivery"] = _delivery(content.delivery, zone, now)
    if content.reassurance:
        items = [{"icon": one.icon, "text": one.text} for one in content.reassurance]
        compiled["reassurance"] = {"near": content.reassurance_near, "items": items}
    return compiled


def needs(content: CheckoutContent) -> set[str]:
    """The files that it takes besides the widget's own."""
    files = {file for file, switches in FILES.items() if any(getattr(content, one) for one in switches)}
    return files | {"checkout-calm"} if content.hide == "auto" else files


def _labels(content: CheckoutContent, tongue: Spoken) -> Json:
    said = tuple(start for switch, starts in SAYS.items() if getattr(content, switch) for start in starts)
    return {name: text for name, text in labels("checkout", tongue).items() if name.startswith(said)}


def _pattern(path: str) -> str:
    """A path with * as the source of a regular expression that Python and browsers read alike."""
    whole = ".*".join(re.sub(r"[^\w/#-]", r"\\\g<0>", part) for part in path.split("*"))
    return f"^{whole}$"


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _delivery(delivery: Delivery, zone: str, now: int) -> Json:
    start, days = calendar(delivery, now)
    compiled: Json = {
        "before": delivery.before,
        "zone": zone,
        "start": start,
        "days": days,
        "cut_off": _minutes(delivery.cut_off),
        "handling": delivery.handling_days,
        "transit": list(delivery.transit_days),
    }
    if delivery.hours is not None:
        compiled["hours"] = [_minutes(clock) for clock in delivery.hours]
    return compiled
