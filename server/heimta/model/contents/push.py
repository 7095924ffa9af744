"""The question before the browser's own. docs/documents.md, docs/webpush.md."""

from __future__ import annotations

from heimta.model.document import Document, Text


class PushContent(Document, frozen=True, tag_field="widget", tag="push"):
    """home_screen: on iPhone and iPad, where push needs it, say how the shop gets to the Home Screen."""

    title: Text = ""
    body: Text = ""
    yes: Text = ""
    no: Text = ""
    home_screen: bool = False
