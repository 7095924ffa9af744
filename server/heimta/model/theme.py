"""What a shop's widgets look like: set once for the shop, changed by a campaign if need be. docs/look.md."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.document import Document, Hex

Radius = Annotated[int, Meta(ge=0, le=40)]
Space = Annotated[int, Meta(ge=12, le=40)]
# As CSS's font-family: names, quoted or not, between commas; nothing that could end a rule or fetch a file.
_FAMILY = r"""(?:[A-Za-z0-9_-][A-Za-z0-9 _-]*|'[A-Za-z0-9 _-]+'|"[A-Za-z0-9 _-]+")"""
Font = Annotated[
    str,
    Meta(
        pattern=rf"^(?:{_FAMILY}(?:, *{_FAMILY})*)?\Z",
        max_length=200,
        description="names of fonts as in CSS, for example: Inter, sans-serif",
    ),
]
Scheme = Literal["light", "dark", "auto"]


class Colours(Document, frozen=True):
    """ink on surface, on_accent on accent. rules/themes.py says what can be read."""

    accent: Hex
    on_accent: Hex
    surface: Hex
    ink: Hex


class Theme(Document, frozen=True):
    """dark: made of the colours above when left out. scheme: `auto` follows the shopper's device.

    font: the shop page's own when left out.
    """

    accent: Hex = "#1f4d3f"
    on_accent: Hex = "#ffffff"
    surface: Hex = "#ffffff"
    ink: Hex = "#1a1f1d"
    radius_px: Radius = 12
    space_px: Space = 24
    font: Font = ""
    scheme: Scheme = "light"
    dark: Colours | None = None


class ThemeChange(Document, frozen=True):
    """What a campaign has otherwise than its shop."""

    accent: Hex | None = None
    on_accent: Hex | None = None
    surface: Hex | None = None
    ink: Hex | None = None
    radius_px: Radius | None = None
    space_px: Space | None = None
    font: Font | None = None
    scheme: Scheme | None = None
    dark: Colours | None = None
