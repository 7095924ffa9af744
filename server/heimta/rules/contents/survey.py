"""A survey, as the browser needs it."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import SurveyContent
from heimta.rules.contents.fill import Json, fill, labels


def compile_content(content: SurveyContent, languages: tuple[str, ...], campaign: Campaign) -> Json:
    """Field by field: what is not named here stays on the server."""
    return {
        "widget": "survey",
        "question": content.question,
        "name": content.name,
        "min": content.min,
        "max": content.max,
        "step": content.step,
        "low": content.low,
        "high": content.high,
        "follow_up": content.follow_up,
        "thanks": fill(content.thanks, "survey", "thanks", languages),
        "labels": labels("survey", languages),
    }


def needs(content: SurveyContent) -> set[str]:
    """The files that it takes besides the widget's own."""
    return set()
