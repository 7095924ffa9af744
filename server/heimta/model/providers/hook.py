"""A webhook of the merchant's own. Secret: `hook_secret`, which signs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from heimta.model.document import Document


class Hook(Document, frozen=True):
    """url: https, at a public address; channels/outside.py refuses others, now and at each send."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://",
            max_length=1000,
            description="a web address, for example https://systems.my-shop.example/heimta",
        ),
    ]
