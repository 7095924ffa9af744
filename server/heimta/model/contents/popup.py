"""A popup: what it says and shows. docs/popups.md."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.document import Document, Text

# Where it stands. modal and sheet take the focus and cover the page; the others lie on it.
Layout = Literal["modal", "sheet", "corner", "slide", "bar_top", "bar_bottom"]
Icon = Literal["returns", "guarantee", "security", "delivery"]
# Nothing in it that ends a string, so that the page may look for addresses in what it was sent.
Picture = Annotated[
    str,
    Meta(
        pattern=r"^(https://[^\s\"\\\\<>/]|/)[^\s\"\\\\<>]*\Z",
        max_length=1000,
        description="a picture's address, https://… or a path of the shop's that begins with /",
    ),
]
Pixels = Annotated[int, Meta(ge=1, le=4000)]


class CartBlock(Document, frozen=True, tag_field="block", tag="cart"):
    """The shopper's cart: pictures, names, prices, the total."""


class TextBlock(Document, frozen=True, tag_field="block", tag="text"):
    text: Text


class PictureBlock(Document, frozen=True, tag_field="block", tag="picture"):
    """width, height: of the file. With them its place is kept, so that nothing moves when it comes."""

    src: Picture
    width: Pixels
    height: Pixels
    alt: Text = ""  # '' for a picture that says nothing the words do not


class ListBlock(Document, frozen=True, tag_field="block", tag="list"):
    items: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=8)]


class OfferBlock(Document, frozen=True, tag_field="block", tag="offer"):
    """What the offer is worth, in large letters."""

    text: Text = ""


class CountdownBlock(Document, frozen=True, tag_field="block", tag="countdown"):
    """Beside the claimed code, to the moment at which it ends; never without a code."""


class Reassurance(Document, frozen=True):
    icon: Icon
    text: Text


class ReassuranceBlock(Document, frozen=True, tag_field="block", tag="reassurance"):
    items: Annotated[tuple[Reassurance, ...], Meta(min_length=1, max_length=6)]


class FieldBlock(Document, frozen=True, tag_field="block", tag="field"):
    """Asks where to write to. consent: what the shopper agrees to; kept with the address, as it was shown.

    wants: `cart`, to be sent the cart; `news`, to be written to.
    """

    field: Literal["email", "phone"]
    consent: Text
    version: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{1,40}\Z",
            description="up to 40 letters, digits, dots, - and _, for example 2026-11",
        ),
    ]  # of the words of the consent
    wants: Literal["news", "cart"] = "news"
    label: Text = ""
    required: bool = True


class HtmlBlock(Document, frozen=True, tag_field="block", tag="html"):
    """A page of the merchant's own in a frame without scripts, forms, links out or the shop's origin."""

    html: Annotated[str, Meta(min_length=1, max_length=10_000)]
    title: Text  # of the frame, for who cannot see it
    height_px: Annotated[int, Meta(ge=20, le=600)] = 160


class RevealBlock(Document, frozen=True, tag_field="block", tag="reveal"):
    """The wheel: deals one of the campaign's `prizes`. Its slices are as wide as their odds."""


Block = (
    CartBlock
    | TextBlock
    | PictureBlock
    | ListBlock
    | OfferBlock
    | CountdownBlock
    | ReassuranceBlock
    | FieldBlock
    | HtmlBlock
    | RevealBlock
)


class PopupContent(Document, frozen=True, tag_field="widget", tag="popup"):
    title: Text
    body: Text = ""
    show_cart: bool = True  # with blocks, the cart is where its block is
    layout: Layout = "modal"
    accept: Text = ""  # filled with the default text of the shop's languages when left out
    decline: Text = ""
    blocks: Annotated[tuple[Block, ...], Meta(max_length=12)] = ()
