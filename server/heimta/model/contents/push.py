"""The question before the browser's own. docs/documents.md."""

from __future__ import annotations

from heimta.model.document import Document, Text


class PushContent(Document, frozen=True, tag_field="widget", tag="push"):
    title: Text
    body: Text
    yes: Text = ""
    no: Text = ""
