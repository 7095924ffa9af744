"""docs/gallery.md: which pictures are in it, and what stands between them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from heimta.model.campaign import Campaign
from heimta.rules.templates import templates
from loadtest.look.pages import DARK, PHONE, Light

SAMPLES_DARK = ("exit-discount", "push-opt-in")
RTL = ("exit-reminder",)
ORDER = {
    "popup": "Popups, bars and sheets",
    "survey": "Surveys",
    "checkout": "At the checkout",
    "push": "Push",
}

HEAD = """# The templates

Documents that are good without a single edit, in German, English and Icelandic, on the demo shop.
`heimta templates` names them; `heimta template NAME --shop SHOP` prints one, fitted to the shop's addresses
and languages and switched off:

    heimta template exit-reminder --shop my-shop > exit-reminder.yaml
    heimta apply exit-reminder.yaml

In the console one click does the same: Campaigns, *Start from a template*.

Colours, radius, spacing and font are the shop's ([look.md](look.md)). `make gallery` writes this page and its
pictures.
"""


def samples() -> Iterator[tuple[Light, str]]:
    """Beside every template in the light of day."""
    for name in SAMPLES_DARK:
        yield DARK, name
        yield structs.replace(PHONE, scheme="dark"), name
    for name in RTL:
        for light in (structs.replace(DARK, scheme="light"), PHONE):
            yield structs.replace(light, direction="rtl", lang="ar"), name


def picture_of(light: Light, name: str) -> str:
    kind = "rtl" if light.direction == "rtl" else "dark"
    return f"{name}-{kind}-{'phone' if light.width < 480 else 'wide'}"


def page(shown: dict[str, Campaign]) -> str:
    parts = [HEAD]
    for widget, title in ORDER.items():
        mine = [name for name in shown if templates()[name].widget == widget]
        if mine:
            parts.append(f"\n## {title}\n")
            parts += [_entry(name) for name in mine]
    parts.append(
        "\n## Dark\nMade of the shop's colours where it gives none, and held to the same contrast.\n"
    )
    parts += [_row(f"{name}, dark", f"{name}-dark") for name in SAMPLES_DARK]
    parts.append("\n## Right to left\nIn Arabic: the page's direction is the widget's.\n")
    parts += [_row(f"{name}, right to left", f"{name}-rtl") for name in RTL]
    others = [each for each in templates().values() if each.name not in shown]
    parts.append("\n## Journeys\n")
    parts += [f"- `{each.name}`: {each.purpose}\n" for each in others]
    return "".join(parts)


def _entry(name: str) -> str:
    return f"\n### {name}\n{templates()[name].purpose}\n\n{_row(name, name)}"


def _row(words: str, stem: str) -> str:
    def picture(size: str, width: int) -> str:
        return f'<img src="pictures/gallery/{stem}-{size}.webp" alt="{words}, {size}" width="{width}">'

    return f"{picture('wide', 620)} {picture('phone', 189)}\n"
