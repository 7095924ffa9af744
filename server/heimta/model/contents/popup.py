"""A popup: what it says and shows. docs/documents.md."""

from __future__ import annotations

from typing import Literal

from heimta.model.document import Document, Text


class PopupContent(Document, frozen=True, tag_field="widget", tag="popup"):
    title: Text
    body: Text = ""
    show_cart: bool = True
    layout: Literal["modal", "corner"] = "modal"
    accept: Text = ""  # filled with the default text of the shop's languages when left out
    decline: Text = ""
