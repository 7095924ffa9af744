"""A webhook of the merchant's own. Secret: `hook_secret`, which signs."""

from __future__ import annotations

from heimta.model.document import Document


class Hook(Document, frozen=True):
    url: str
