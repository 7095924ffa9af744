"""Campaigns and journeys in a few words: what they are and what they wait for."""

from __future__ import annotations

from heimta.console.formats import plural
from heimta.console.journey_words import journey_described
from heimta.model.campaign import Campaign, Trigger
from heimta.model.contents import CheckoutContent, PopupContent, PushContent, SurveyContent
from heimta.model.journey import Journey

WIDGETS = {
    PopupContent: "Popup",
    SurveyContent: "Survey",
    CheckoutContent: "Checkout help",
    PushContent: "Push opt-in",
}


def described(document: Campaign | Journey, currency: str) -> str:
    """`Popup when a shopper is about to leave`."""
    if isinstance(document, Journey):
        return journey_described(document, currency)
    kinds = dict.fromkeys(WIDGETS[type(variant.content)] for variant in document.variants)
    return f"{' or '.join(kinds)} {_when(document.trigger)}"


def _when(trigger: Trigger) -> str:
    seconds = plural(trigger.after_s, "second")
    return {
        "exit": f"when a shopper is about to leave{_sure(trigger.min_score)}",
        "after": f"after {seconds} on a page",
        "checkout": "at the checkout",
        "engaged": f"after {seconds} and a first tap, click or scroll",
        "order": "after an order",
        "scroll": f"when {trigger.depth_pct} % of a page were seen",
        "idle": f"after {seconds} without a sign of life",
        "added": "when something is put into the cart",
        "click": f"on a click on {trigger.selector}",
        "call": "when the shop calls for it",
    }[trigger.on]


def _sure(score: float | None) -> str:
    return "" if score is None else f", by a score of {score:g} or more"
