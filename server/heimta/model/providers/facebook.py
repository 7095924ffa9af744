"""Messenger, through Meta's Graph API. Secrets: `facebook_token` (of the page), `facebook_app` (the app's
secret, which signs what the page hears) and `facebook_verify` (a word of your own).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from heimta.model.document import Document, Origin

Digits = Annotated[str, Meta(pattern=r"^[0-9]{1,30}\Z", description="digits, for example 102030405060708")]


class Facebook(Document, frozen=True):
    """page: its id."""

    page: Digits
    url: Origin = "https://graph.facebook.com"
