"""The push question, as the browser needs it."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import PushContent
from heimta.rules.contents.fill import Json, fill, labels


def compile_content(content: PushContent, languages: tuple[str, ...], campaign: Campaign) -> Json:
    """Field by field: what is not named here stays on the server."""
    return {
        "widget": "push",
        "title": content.title,
        "body": content.body,
        "yes": fill(content.yes, "push", "yes", languages),
        "no": fill(content.no, "push", "no", languages),
        "labels": labels("push", languages),
    }


def needs(content: PushContent) -> set[str]:
    """The files that it takes besides the widget's own."""
    return set()
