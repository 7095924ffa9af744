"""What a checkout is helped along with. docs/documents.md."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from heimta.model.document import Document


class CheckoutContent(Document, frozen=True, tag_field="widget", tag="checkout"):
    hide: Annotated[tuple[str, ...], Meta(max_length=20)] = ()  # CSS selectors of distractions
    progress_before: str = ""  # CSS selector: free-shipping progress goes before this element
