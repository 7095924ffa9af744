"""Meta: Messenger and custom audiences. Secret: `facebook_token`."""

from __future__ import annotations

from heimta.model.document import Document


class Facebook(Document, frozen=True):
    page: str = ""
    audience: str = ""
    url: str = "https://graph.facebook.com"
