"""A survey: its question, and how it is answered. docs/documents.md."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from heimta.model.document import Document, Text
from heimta.model.ids import Name


class SurveyContent(Document, frozen=True, tag_field="widget", tag="survey"):
    question: Text
    name: Name = "main"  # the question's name in the answers
    min: int = 0
    max: int = 10
    step: Annotated[int, Meta(ge=1)] = 1
    low: Text = ""  # label at the left end
    high: Text = ""
    follow_up: Text = ""  # an optional short-text question after the slider
    thanks: Text = ""
