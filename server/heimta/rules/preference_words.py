"""The preference centre's words in one language: the shop's own, else ours. Pure.

A page speaks one language from its title to its last button, so a language counts once all of it is said
there; `heimta words` prints what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct

from heimta.model.documents import ShopDoc
from heimta.rules.texts.preferences import ALL, KEY, LANGUAGES, VERSION
from heimta.rules.texts.words import Texts, language_of

DEFAULT = "en"


class Words(Struct, frozen=True):
    """said: name, as in texts/preferences.py -> words. proven_as: what proofs know them by.

    is_own: some are the shop's own, so that what they were has to be kept beside the proof.
    """

    lang: str
    said: dict[str, str]
    proven_as: str
    is_own: bool = False

    def __getitem__(self, name: str) -> str:
        return self.said[name]

    @property
    def kept(self) -> str:
        """What stood there, for whoever asks for a proof in three years."""
        return "\n".join(f"{name}: {words}" for name, words in self.said.items())


def words_for(shop: ShopDoc | None, wanted: Iterable[str]) -> Words:
    """wanted: tags of languages, best first. The first in which all is said; else the shop's first such."""
    known = languages_of(shop) if shop is not None else [DEFAULT, *sorted(LANGUAGES)]
    return _in(shop, language_of(wanted, known))


def languages_of(shop: ShopDoc) -> list[str]:
    """Those of the shop in which the preference centre speaks; English where there is none."""
    own = [_own(shop, name) for name in ALL]
    told = [one for one in shop.languages if one in LANGUAGES or all(one in texts for texts in own)]
    return told or [DEFAULT]


def word_in(shop: ShopDoc, name: str, language: str) -> str:
    """One of them alone, for what cannot wait for the others: the button of a notification."""
    known = ALL[name] | _own(shop, name)
    return known.get(language) or known[DEFAULT]


def _own(shop: ShopDoc | None, name: str) -> Texts:
    return shop.words.get(KEY + name, {}) if shop is not None else {}


def _in(shop: ShopDoc | None, language: str) -> Words:
    own = {name: texts[language] for name in ALL if language in (texts := _own(shop, name))}
    said = {name: own[name] if name in own else texts[language] for name, texts in ALL.items()}
    if not own:
        return Words(language, said, f"{VERSION}.{language}")
    digest = sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
    return Words(language, said, f"{VERSION}.{language}.{digest}", is_own=True)
