"""Meta: Messenger and custom audiences. Secrets: `facebook_token` (of the page), and for Messenger's webhook
`facebook_app` (the app's secret, which signs) and `facebook_verify` (a word of your own).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from heimta.model.document import Document

Digits = Annotated[str, Meta(pattern=r"^([0-9]{1,30})?\Z")]


class Facebook(Document, frozen=True):
    """page, audience: their ids. Each may be left out by who uses only the other."""

    page: Digits = ""
    audience: Digits = ""
    url: Annotated[str, Meta(pattern=r"^https?://[^/]+\Z", max_length=200)] = "https://graph.facebook.com"
