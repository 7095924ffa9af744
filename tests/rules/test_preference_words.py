"""The preference centre in a shop's own words: any language, once all of it is said there."""

from __future__ import annotations

import msgspec

from heimta.model.documents import ShopDoc
from heimta.rules.apply import check
from heimta.rules.preference_words import languages_of, word_in, words_for
from heimta.rules.preferences import Chosen, view
from heimta.rules.texts import all_words
from heimta.rules.texts.preferences import ALL, KEY
from heimta.rules.words import untold

SHOP = ShopDoc(
    id="shop", name="Shop", origins=("https://shop.example",), currency="EUR", languages=("ar", "de")
)


def told_in(language: str, *, but: str = "") -> ShopDoc:
    words = {key: {language: f"<{texts['en']}>"} for key, texts in all_words().items() if key.startswith(KEY)}
    words.pop(KEY + but, None)
    return msgspec.structs.replace(SHOP, words=words)


def test_a_shop_that_says_nothing_has_ours_and_needs_no_words_kept() -> None:
    words = words_for(SHOP, ["ar", "de-AT"])
    assert (words.lang, words["save"], words.proven_as) == ("de", "Speichern", "preferences-2.de")
    assert not words.is_own
    assert words_for(SHOP, ["fr"]).lang == "de"
    assert words_for(None, ["fr", "is"]).lang == "is" and words_for(None, []).lang == "en"


def test_another_language_is_spoken_once_all_of_it_is_said() -> None:
    whole = told_in("ar")
    assert check(whole) == []
    assert languages_of(whole) == ["ar", "de"]
    held = Chosen(is_on=True, until=1_764_000_000_000, beyond=True, by=(("push", True),))
    shown = view(held, ("cart",), words_for(whole, ["ar"]), zone="UTC", told="saved", here=True)
    legends = [legend for legend, *_ in shown.fields]
    rows = [text for *_, rows in shown.fields for _, text, _, _ in rows]
    said = [shown.title, *shown.lines, *legends, *rows, *(text for _, text in shown.acts)]
    assert [one for one in said if not one.startswith("<")] == []
    assert shown.lang == "ar"
    part = told_in("ar", but="topic.cart_about")
    assert languages_of(part) == ["de"]
    assert f"{KEY}topic.cart_about" in untold(part, "ar")


def test_another_tone_is_the_shops_own_and_a_proof_names_it() -> None:
    first = msgspec.structs.replace(SHOP, words={KEY + "stop": {"de": "Schluss damit"}})
    words = words_for(first, ["de"])
    assert (words["stop"], words["save"], words.is_own) == ("Schluss damit", "Speichern", True)
    assert words.proven_as.startswith("preferences-2.de.") and "stop: Schluss damit" in words.kept
    second = msgspec.structs.replace(SHOP, words={KEY + "stop": {"de": "Genug"}})
    assert words_for(second, ["de"]).proven_as != words.proven_as
    assert words_for(first, ["de"]).proven_as == words.proven_as


def test_the_notifications_button_waits_for_no_other_word() -> None:
    shop = msgspec.structs.replace(SHOP, words={KEY + "action": {"ar": "…"}})
    said = [word_in(shop, "action", one) for one in ("ar", "de", "fr")]
    assert said == ["…", "Ändern oder beenden", "Settings or stop"]


def test_every_name_can_be_given_in_a_document() -> None:
    assert {key.removeprefix(KEY) for key in all_words() if key.startswith(KEY)} == ALL.keys()
    assert [one for one in ALL.values() if {"en", "de", "is"} - one.keys()] == []
