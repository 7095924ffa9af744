"""The shop's words in its three languages, and money as each of them writes it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec
from babel import Locale
from babel.numbers import format_currency

from heimta.demo.catalog import CURRENCY, EXPONENT

LANGUAGES = ("en", "de", "is")  # also the order of the texts in words.json
OWN_NAMES = {"en": "English", "de": "Deutsch", "is": "Íslenska"}
COUNTRIES = ("IS", "DE", "AT", "CH", "DK", "FR", "GB", "NL", "NO", "SE")  # where the post van's parcels go


def load() -> dict[str, tuple[str, str, str]]:
    file = Path(__file__).with_name("words.json")
    return msgspec.json.decode(file.read_bytes(), type=dict[str, tuple[str, str, str]])


def money(minor: int, lang: str) -> str:
    """4.90 EUR as the language writes it: €4.90, 4,90 €."""
    return format_currency(Decimal(minor).scaleb(-EXPONENT), CURRENCY, locale=lang)


def countries(lang: str) -> list[tuple[str, str]]:
    """(code, name) sorted by name; Iceland, home, first."""
    names: Mapping[str, str] = Locale.parse(lang).territories
    return sorted(((code, names[code]) for code in COUNTRIES), key=lambda pair: (pair[0] != "IS", pair[1]))


def choose(accept_language: str) -> str:
    """The first language the browser asks for that the shop speaks (RFC 9110, 12.5.4), else English."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        weight = parameters.strip().removeprefix("q=") or "1"
        try:
            quality = float(weight)
        except ValueError:  # a browser's garbage: no wish
            continue
        wanted.append((-quality, place, tag.lower().partition("-")[0]))
    return next((tag for quality, _, tag in sorted(wanted) if tag in LANGUAGES and quality < 0), LANGUAGES[0])


class Words:
    """All texts in one language: words("add"), words("perk_ship", money="…")."""

    def __init__(self, lang: str, texts: dict[str, tuple[str, str, str]]) -> None:
        self.lang = lang
        place = LANGUAGES.index(lang)
        self._texts = {key: three[place] for key, three in texts.items()}

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values)

    def money(self, minor: int) -> str:
        return money(minor, self.lang)
