"""What the texts are made of: language (BCP 47 primary tag) -> words."""

from __future__ import annotations

Texts = dict[str, str]
