"""The shop's own words for what Heimta says by itself: any language, any tone. docs/look.md."""

from __future__ import annotations

import difflib
import re

from heimta.model.documents import ShopDoc
from heimta.rules.texts import all_words
from heimta.rules.texts.words import Texts

_GAP = re.compile(r"\{[a-z]+\}")


def words_faults(shop: ShopDoc) -> list[str]:
    """What is wrong with ShopDoc.words: names nobody uses, languages the shop has not, gaps that are lost."""
    known = all_words()
    faults = []
    for key, texts in shop.words.items():
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            way = f"did you mean {close[0]!r}?" if close else "`heimta words` names all"
            faults.append(f"words has {key!r}, which nothing says; {way}")
            continue
        gaps = set(_GAP.findall(known[key]["en"]))
        for language, text in texts.items():
            place = f"words.{key}.{language}"
            if language not in shop.languages:
                faults.append(f"{place}: the shop's languages are {', '.join(shop.languages)}; add it there")
            if lost := gaps - set(_GAP.findall(text)):
                faults.append(f"{place} is {text!r}; it needs {', '.join(sorted(lost))}")
    return faults


def untold(shop: ShopDoc, language: str) -> dict[str, Texts]:
    """What is not said in that language yet: key -> {language: the English words, to be translated}."""
    return {
        key: {language: texts["en"]}
        for key, texts in all_words().items()
        if language not in texts and language not in shop.words.get(key, {})
    }
