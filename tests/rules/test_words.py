"""A merchant's own words go before ours, in any language; what is wrong with them is named."""

from __future__ import annotations

import msgspec
import yaml

from heimta.model.documents import ShopDoc
from heimta.rules.apply import check, write_plain
from heimta.rules.contents.fill import fill, labels, spoken
from heimta.rules.texts import all_words
from heimta.rules.texts.words import said_in
from heimta.rules.words import untold

SHOP = ShopDoc(
    id="shop", name="Shop", origins=("https://shop.example",), currency="EUR", languages=("fr", "de")
)


def with_words(words: dict[str, dict[str, str]]) -> ShopDoc:
    return msgspec.structs.replace(SHOP, words=words)


def test_their_words_go_before_ours_and_ours_fill_the_rest() -> None:
    shop = with_words({"popup.label.close": {"fr": "Fermer"}, "popup.decline": {"de": "Lieber nicht"}})
    assert labels("popup", spoken(shop))["close"] == {"fr": "Fermer", "de": "Schließen"}
    assert fill("", "popup", "decline", spoken(shop)) == {"de": "Lieber nicht"}
    assert fill("Non merci", "popup", "decline", spoken(shop)) == "Non merci"


def test_without_any_language_of_ours_english_is_said() -> None:
    shop = msgspec.structs.replace(SHOP, languages=("fr",))
    assert labels("popup", spoken(shop))["close"] == "Close"


def test_a_text_is_said_in_the_first_language_that_has_it_or_in_any() -> None:
    text = {"de": "Ja", "en": "Yes", "fr": ""}
    assert [said_in(text, *one) for one in (("en",), ("fr", "en"), ("is",), ())] == ["Yes", "Yes", "Ja", "Ja"]
    assert (said_in("Yes", "de"), said_in({}, "de")) == ("Yes", "")


def test_a_language_can_be_told_whole() -> None:
    missing = untold(SHOP, "fr")
    assert missing.keys() == all_words().keys()
    told = yaml.safe_load(write_plain({"words": missing}))["words"]
    shop = msgspec.convert(msgspec.to_builtins(SHOP) | {"words": told, "kind": "shop"}, ShopDoc)
    assert check(shop) == []
    assert untold(shop, "fr") == {}


def test_what_nothing_says_and_what_is_lost_is_named() -> None:
    shop = with_words(
        {
            "popup.label.clos": {"fr": "Fermer"},
            "popup.label.more": {"fr": "et d'autres", "it": "e altri {n}"},
        }
    )
    assert check(shop) == [
        "words has 'popup.label.clos', which nothing says; did you mean 'popup.label.close'?",
        'words.popup.label.more.fr is "et d\'autres"; it needs {n}',
        "words.popup.label.more.it: the shop's languages are fr, de; add it there",
    ]
