"""The help at the checkout, as the browser needs it."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent
from heimta.rules.contents.fill import Json, labels


def compile_content(content: CheckoutContent, languages: tuple[str, ...], campaign: Campaign) -> Json:
    """Field by field: what is not named here stays on the server."""
    return {
        "widget": "checkout",
        "hide": list(content.hide),
        "progress_before": content.progress_before,
        "labels": labels("checkout", languages),
    }


def needs(content: CheckoutContent) -> set[str]:
    """The files that it takes besides the widget's own."""
    return set()
