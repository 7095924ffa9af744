"""Contents of variants, compiled for the page: what a widget is told, and which files it takes."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent, Content, PopupContent, PushContent, SurveyContent
from heimta.rules.contents import checkout, popup, push, survey
from heimta.rules.contents.fill import Json, Spoken


def compile_content(
    content: Content, tongue: Spoken, campaign: Campaign, zone: str, currency: str, now: int
) -> Json:
    """What the widget gets. `with`, if there is any: files that must have come before it may show.

    zone, currency: the shop's. now: ms.
    """
    compiled, parts = _compile(content, tongue, campaign, zone, currency, now)
    return compiled | {"with": sorted(parts)} if parts else compiled


def files(content: Content, campaign: Campaign) -> set[str]:
    """All that the page has to fetch for it: the widget, and what goes with it."""
    match content:
        case PopupContent():
            return popup.files(content, campaign)
        case SurveyContent():
            return {"survey"} | survey.needs(content)
        case CheckoutContent():
            return {"checkout"} | checkout.needs(content)
        case PushContent():
            return push.files(content)


def _compile(
    content: Content, tongue: Spoken, campaign: Campaign, zone: str, currency: str, now: int
) -> tuple[Json, set[str]]:
    match content:
        case PopupContent():
            return (
                popup.compile_content(content, tongue, campaign, currency),
                popup.needs(content, campaign),
            )
        case SurveyContent():
            return survey.compile_content(content, tongue, campaign), survey.needs(content)
        case CheckoutContent():
            compiled = checkout.compile_content(content, tongue, campaign, zone, now)
            return compiled, checkout.needs(content)
        case PushContent():
            return push.compile_content(content, tongue, campaign), push.needs(content)
