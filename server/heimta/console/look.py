"""What the shop's widgets look like: colours, radius, spacing, font, the dark set; seen while it is typed.

Colours that cannot be read are not saved; what is said of them names the nearest that can. Saved like every
document, with the next version, and one button takes it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.console.form import read_own_form
from heimta.console.meanwhile import changed_in, marks
from heimta.console.shops import View, page, view_of
from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.theme import Colours, Theme
from heimta.rules.themes import dark_of, is_safe, merged, quiet_of, unreadable
from heimta.store import documents

# field -> (label, what it is)
COLOURS: dict[str, tuple[str, str]] = {
    "accent": ("Accent", "The main button, sliders, progress"),
    "on_accent": ("On the accent", "What is written on it"),
    "surface": ("Surface", "The card"),
    "ink": ("Ink", "What is written on the card"),
}
NUMBERS: dict[str, tuple[str, int, int]] = {
    "radius_px": ("Radius of corners, px", 0, 40),
    "space_px": ("Space in a card, px", 12, 40),
}
SCHEMES = {"light": "Light", "dark": "Dark", "auto": "As the shopper's device is set"}
LABELS = {name: label for name, (label, *_) in (COLOURS | NUMBERS).items()}
LABELS |= {"font": "Font", "scheme": "Light or dark"}
COLOUR = "a colour is # and six of 0-9 and a-f"
RULES = {
    "font": "names of fonts, between commas, as in Inter, sans-serif",
    "scheme": f"it is one of {', '.join(SCHEMES)}",
}
FIELDS = (*COLOURS, *NUMBERS, "font", "scheme")


@dataclass(frozen=True)
class Typed:
    """The form as it was sent, or as the document fills it. theme: what it makes, once it can be drawn."""

    values: dict[str, str]
    theme: Theme
    faults: list[str] = field(default_factory=list)

    def fields(self) -> dict[str, str]:
        """Everything a form needs to bring this back, a dark set of the merchant's own included."""
        dark = self.theme.dark
        return self.values | ({"dark": msgspec.json.encode(dark).decode()} if dark else {})

    @property
    def sets(self) -> list[tuple[str, Theme | Colours, str]]:
        """(name, colours, quiet ink) of each card that shoppers may see."""
        dark = self.theme.dark or dark_of(self.theme)
        shown: dict[str, Theme | Colours] = {"Light": self.theme, "Dark": dark}
        wanted = {"light": ["Light"], "dark": ["Dark"]}.get(self.theme.scheme, ["Light", "Dark"])
        return [(name, shown[name], quiet_of(shown[name].ink, shown[name].surface)) for name in wanted]


async def show_look(request: Request) -> Response:
    view = await view_of(request)
    return _page(request, view, "look.html", typed_of(view.shop))


async def preview_look(request: Request) -> Response:
    """The cards as the form stands, and what cannot be read; saves nothing."""
    form = await read_own_form(request)
    view = await view_of(request)
    return _page(request, view, "look_preview.html", read(form, view.shop, _campaigns(view))[0])


async def save_look(request: Request) -> Response:
    form = await read_own_form(request)
    view = await view_of(request)
    before = await documents.change_shop(
        view.desk.redis,
        view.shop.id,
        lambda shop: read(form, shop, _campaigns(view))[1],
        now=view.desk.clock(),
    )
    view = await view_of(request)
    if before is None:
        typed, _ = read(form, view.shop, _campaigns(view))
        return _page(request, view, "look.html", typed, status=422)
    return _page(request, view, "look.html", typed_of(view.shop), before=typed_of(before))


def typed_of(shop: ShopDoc) -> Typed:
    values = {name: str(getattr(shop.theme, name)) for name in FIELDS}
    # As a browser's own field for colours sends them, which has no capitals.
    return Typed(values | {name: values[name].lower() for name in COLOURS}, shop.theme)


def read(form: Mapping[str, str], shop: ShopDoc, campaigns: list[Campaign]) -> tuple[Typed, ShopDoc | None]:
    """What was typed, and the shop's document with it; None instead of that when something is wrong."""
    typed = {name: form.get(name, "").strip() for name in FIELDS}
    values = changed_in(form, typed, typed_of(shop).values)
    plain: dict[str, Any] = {**values}
    for name, (label, least, most) in NUMBERS.items():
        if not values[name].isdecimal() or not least <= int(values[name]) <= most:
            fault = f"{label}: {values[name]!r} is no whole number from {least} to {most}"
            return Typed(values, shop.theme, [fault]), None
        plain[name] = int(values[name])
    try:
        theme = msgspec.convert(plain, Theme, strict=True)
        dark = _dark(form, theme, shop.theme)
    except msgspec.MsgspecError as error:
        return Typed(values, shop.theme, [_undrawn(str(error), values)]), None
    theme = msgspec.structs.replace(theme, dark=dark)
    changed = msgspec.structs.replace(shop, theme=theme)
    faults = [*_faults(theme), *_campaigns_faults(theme, campaigns)]
    return Typed(values, theme, faults), None if faults else changed


def _undrawn(error: str, values: Mapping[str, str]) -> str:
    """error: msgspec's, which ends with the field's path in the document."""
    name = next((name for name in FIELDS if f"`$.{name}`" in error), "")
    if not name:
        return "The dark set cannot be drawn; load the page anew"
    return f"{LABELS[name]}: {values[name]!r} cannot be drawn; {RULES.get(name, COLOUR)}"


def _called(name: str, own: Collection[str] = ()) -> str:
    """A colour as the form calls it. own: those that a campaign has otherwise."""
    return f"“{LABELS[name]}”{' of the campaign' if name in own else ''}"


def _faults(theme: Theme, own: Collection[str] = ()) -> Iterator[str]:
    for colours, before in ((theme, ""), (theme.dark, "in the dark set, ")):
        if colours is not None:
            for fault in unreadable(colours):
                yield before + fault.told(lambda name: _called(name, own))


def _campaigns_faults(theme: Theme, campaigns: list[Campaign]) -> Iterator[str]:
    for campaign in campaigns:
        if (change := campaign.theme) is not None:
            own = [name for name in COLOURS if getattr(change, name) is not None]
            for fault in _faults(merged(theme, change), own):
                yield f"“{campaign.name}” has colours of its own, and on these {fault}"


def _dark(form: Mapping[str, str], theme: Theme, before: Theme) -> Colours | None:
    """A dark set of the merchant's own comes back with what it was saved with, and stays with its colours."""
    if given := form.get("dark"):
        return msgspec.json.decode(given, type=Colours)
    is_same = all(getattr(theme, name).lower() == getattr(before, name).lower() for name in COLOURS)
    return before.dark if is_same else None


def _campaigns(view: View) -> list[Campaign]:
    found = (view.documents.campaign(name) for name in view.documents.campaigns)
    return [campaign for campaign in found if campaign is not None]


def _page(
    request: Request,
    view: View,
    template: str,
    typed: Typed,
    *,
    before: Typed | None = None,
    status: int = 200,
) -> Response:
    """before: what was there until now, when this answers a change."""
    words: dict[str, object] = {
        "typed": typed,
        "before": before,
        "was": marks(typed_of(view.shop).values),
        "colours": COLOURS,
        "numbers": NUMBERS,
        "schemes": SCHEMES,
        "is_readable": all(is_safe(colours) for _, colours, _ in typed.sets),
    }
    return page(request, view, template, "install", words, status)
