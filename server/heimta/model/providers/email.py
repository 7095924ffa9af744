"""E-mail through any SMTP server. Secret: `smtp_password`."""

from __future__ import annotations

from heimta.model.document import Document


class Email(Document, frozen=True):
    """sender: as in From, `Shop <hello@shop.example>`."""

    sender: str
    host: str
    port: int = 587
    user: str = ""
