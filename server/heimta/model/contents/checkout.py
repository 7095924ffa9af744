"""What a checkout is helped along with, each kind of help by a switch of its own. docs/checkout.md."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from heimta.model.document import Country, Document, Text

Css = Annotated[str, Meta(max_length=300)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z", description="a time, for example 15:00")]
Days = Annotated[int, Meta(ge=0, le=30)]
WORKING: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
# Where shoppers pay, if the merchant does not say: paths with *, and what follows a #.
PAYMENT = ("*/payment*", "*#payment*", "*/order-pay*", "*/zahlung*", "*/pay/*", "*/pay")


class Delivery(Document, frozen=True):
    """When an order arrives. Clock and days are those of the shop's timezone.

    handling_days: days of `weekdays` between the order and the parcel leaving. transit_days: days of
    `arrives` after that, at the least and at the most. hours: when the carrier comes, if it says so.
    country (ISO 3166-1, DE) and region (ISO 3166-2 without the country, BY): public holidays, on which no
    parcel leaves or arrives.
    """

    cut_off: Clock
    before: Css = ""  # it goes before this element; left out: after the pay button
    handling_days: Days = 0
    transit_days: tuple[Days, Days] = (1, 2)
    weekdays: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)] = WORKING
    arrives: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)] = WORKING
    hours: tuple[Clock, Clock] | None = None
    country: Country | None = None
    region: (
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Z0-9-]{1,6}\Z", description="a part of the country (ISO 3166-2), for example BY"
            ),
        ]
        | None
    ) = None
    holidays: Annotated[tuple[datetime.date, ...], Meta(max_length=100)] = ()


class Reassurance(Document, frozen=True):
    text: Text
    icon: Literal["lock", "returns", "truck", "shield", "chat", "leaf"] = "shield"


class CheckoutContent(Document, frozen=True, tag_field="widget", tag="checkout"):
    # CSS selectors of distractions; `auto`: menus and links out are found.
    hide: Literal["auto"] | Annotated[tuple[Css, ...], Meta(max_length=20)] = ()
    progress_before: Css = ""  # free-shipping progress goes before this element
    fields: bool = False  # autocomplete, inputmode and enterkeyhint where the shop says nothing
    errors: bool = False  # what is wrong, under the field
    remember: bool = False  # fields are filled in for those who have ticked that
    delivery: Delivery | None = None
    summary: Css = ""  # the order, kept in view; `auto`: it is found
    reassurance: Annotated[tuple[Reassurance, ...], Meta(max_length=6)] = ()
    reassurance_near: Css = ""  # after this element; left out: after the pay button
    coupon: Css = ""  # what holds the coupon field, folded behind a link; `auto`: it is found
    on_payment: bool = False  # also where the shopper pays
    payment_pages: Annotated[tuple[Css, ...], Meta(min_length=1, max_length=20)] = field(
        default_factory=lambda: PAYMENT
    )
