"""What the page says on which an address confirms a yes to e-mail: the shop's own words, else ours. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from heimta.model.documents import ShopDoc
from heimta.rules.contents.fill import pick, spoken
from heimta.rules.preference_words import DEFAULT, Words, word_in
from heimta.rules.texts.confirm import PAGE, VERSION
from heimta.rules.texts.preferences import ALL
from heimta.rules.texts.words import language_of, said_in

KEY = "confirm.page."
BESIDE = ("back", "failed")  # which the preference centre says too


def words_for(shop: ShopDoc | None, wanted: Iterable[str]) -> Words:
    """wanted: tags of languages, best first. shop: None where nobody knows whose link it was."""
    if shop is None:
        lang = language_of(wanted, [DEFAULT, *(one for one in PAGE["title"] if one != DEFAULT)])
        return Words(lang, {name: texts[lang] for name, texts in (PAGE | _beside()).items()}, "")
    lang, tongue = language_of(wanted, shop.languages), spoken(shop)
    said = {name: said_in(pick(KEY + name, texts, tongue), lang, DEFAULT) for name, texts in PAGE.items()}
    said |= {name: word_in(shop, name, lang) for name in BESIDE}
    said = {name: text.replace("{shop}", shop.name) for name, text in said.items()}
    if not any(KEY + name in shop.words for name in PAGE):
        return Words(lang, said, f"{VERSION}.{lang}")
    digest = sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
    return Words(lang, said, f"{VERSION}.{lang}.{digest}", is_own=True)


def _beside() -> dict[str, dict[str, str]]:
    return {name: ALL[name] for name in BESIDE}
