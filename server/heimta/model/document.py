"""What every document is made of: strict keys, texts in several languages, and the small types they share."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

# A text is one string for everyone, or one for each language (BCP 47 primary tag: de, en, is).
Language = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{2,3}\Z", description="a language alone, in small letters, for example en, de or pt"
    ),
]
Country = Annotated[
    str, Meta(pattern=r"^[A-Z]{2}\Z", description="two capital letters (ISO 3166), for example DE")
]
# Where another program is reached: https://gateway.example.
Origin = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^/]+\Z",
        max_length=200,
        description="an address without a path or a slash at its end, for example https://gateway.example",
    ),
]
Text = str | dict[Language, Annotated[str, Meta(max_length=2000)]]
Percent = Annotated[int, Meta(ge=0, le=100)]
Path = Annotated[
    str, Meta(pattern=r"^/", max_length=500, description="a path that begins with /, for example /cart")
]
Hex = Annotated[
    str, Meta(pattern=r"^#[0-9a-fA-F]{6}\Z", description="six digits after a #, for example #1f4d3f")
]


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all documents share: strict keys."""
