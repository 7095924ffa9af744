"""What a shop's back end says of a parcel."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from heimta.model.event import TimeMs


class Fulfilment(Struct, frozen=True):
    """Body of `POST /hooks/{shop}/fulfilment`. at: ms, by the shop's clock. link: to where the parcel is."""

    order: Annotated[str, Meta(min_length=1, max_length=64)]
    state: Literal["shipped", "delivered"]
    at: TimeMs
    link: Annotated[str, Meta(pattern=r"^(https?://[^\s]{1,1000})?\Z")] = ""


class FulfilmentNote(Struct, frozen=True):
    """The same, on its way into the log: vid is whose order it is."""

    vid: str
    order: str
    state: Literal["shipped", "delivered"]
    at: int
    link: str = ""
