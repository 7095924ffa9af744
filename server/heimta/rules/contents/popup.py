"""A popup, as the browser needs it."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import PopupContent
from heimta.rules.contents.fill import Json, fill, labels


def compile_content(content: PopupContent, languages: tuple[str, ...], campaign: Campaign) -> Json:
    """Field by field: what is not named here stays on the server."""
    return {
        "widget": "popup",
        "title": content.title,
        "body": content.body,
        "show_cart": content.show_cart,
        "layout": content.layout,
        "accept": fill(content.accept, "popup", "accept" if campaign.offer is not None else "go", languages),
        "decline": fill(content.decline, "popup", "decline", languages),
        "labels": labels("popup", languages),
    }


def needs(content: PopupContent) -> set[str]:
    """The files that it takes besides the widget's own."""
    return set()
