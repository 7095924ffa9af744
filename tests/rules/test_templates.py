"""Templates: each can be applied as it stands, in three languages, and says nothing that is not so."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from heimta.commands.templates import text_of
from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc, Urls
from heimta.rules.apply import read_documents
from heimta.rules.compile import compile_campaign, compile_config
from heimta.rules.templates import SPOKEN, NotForShop, Template, fitted, templates, texts, untranslated

SHOP = ShopDoc(
    id="wool", name="Wool", origins=("https://wool.example",), currency="EUR", languages=("de", "is"),
    urls=Urls(cart="/warenkorb", checkout="/kasse"), free_shipping_minor=5000,
)  # fmt: skip
ALL = list(templates().values())
each = pytest.mark.parametrize("template", ALL, ids=lambda template: template.name)
# Pressing where nothing presses. A template keeps to what is so at any time, in any shop.
PUSHY = re.compile(
    r"hurry|last chance|only \d+ left|now or never|don't miss|act now|limited time|nur noch|letzte chance"
    r"|jetzt zuschlagen|verpass|beeil|síðasta tækifæri|flýttu|ekki missa",
    re.IGNORECASE,
)


def plain(template: Template) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(template.document)
    return built


@each
def test_a_template_is_applied_as_it_is_printed(template: Template):
    [document] = read_documents(text_of(template, SHOP))
    assert document == fitted(template, SHOP)
    assert not document.live, "nobody is written to before somebody has looked at it"
    assert (document.shop, document.id) == ("wool", template.name)
    if isinstance(document, Campaign):
        live = msgspec.structs.replace(document, live=True)
        config = compile_config(SHOP, [(live, 1)], revision=1, vapid_public="", widgets={})
        assert len(config["campaigns"]) == 1
    assert len(template.purpose) > 20


@each
def test_a_template_speaks_our_languages_and_not_one_of_them_loudly(template: Template):
    told = list(texts(plain(template)))
    for text in told:
        assert set(text) == SPOKEN, text
        for language, words in text.items():
            assert words.strip() == words and words
            assert "!" not in words, "nobody is shouted at"
            assert not PUSHY.search(words), words
            if language == "de":
                # Neither of the two ways to say you.
                assert not re.search(r"\b(Sie|Ihr|Ihre[nmrs]?|du|dein\w*|dich|dir)\b", words), words
                assert not re.search(r"\d %", words), "a no-break space stands before %"
    assert told or template.widget == "checkout"


@each
def test_a_template_fits_the_shop(template: Template):
    printed = text_of(template, SHOP)
    assert "/checkout" not in printed and not re.search(r"/cart\b", printed)
    for text in texts(msgspec.to_builtins(fitted(template, SHOP))):
        assert list(text) == ["de", "is"]


def test_a_template_means_each_page_of_the_checkout_whatever_its_address():
    """OpenCart's is in the query, which no glob is held against."""
    checkout = "/index.php?route=checkout/checkout"
    shop = msgspec.structs.replace(SHOP, urls=Urls(cart="/warenkorb", checkout=checkout))
    found = set()
    for template in ALL:
        document = fitted(template, shop)
        if not isinstance(document, Campaign):
            continue
        audience = compile_campaign(document, 1, shop, 0)["audience"]
        for name, globs in (("pages", document.audience.pages), ("not_pages", document.audience.not_pages)):
            if checkout + "*" in globs:
                assert [*audience[name]] == [
                    "checkout" if glob.startswith(checkout) else glob for glob in globs
                ]
                found.add(name)
    assert found == {"pages", "not_pages"}


def test_a_language_that_we_do_not_speak_gets_english_and_a_word_about_it():
    french = msgspec.structs.replace(SHOP, languages=("fr", "en"))
    template = templates()["exit-reminder"]
    assert untranslated(french) == ["fr"]
    printed = text_of(template, french)
    assert "# Written in English, please translate: fr." in printed
    [document] = read_documents(printed)
    assert isinstance(document, Campaign)
    title = document.variants[0].content.title  # type: ignore[union-attr]
    assert title["fr"] == title["en"] == "Your cart stays right here"  # type: ignore[index]


def test_free_shipping_is_spoken_of_as_the_shop_has_it():
    [nudge] = read_documents(text_of(templates()["free-shipping-nudge"], SHOP))
    assert isinstance(nudge, Campaign)
    assert (nudge.audience.min_cart_minor, nudge.audience.max_cart_minor) == (3000, 4999)
    body = nudge.variants[0].content.body  # type: ignore[union-attr]
    assert body["de"].startswith("Ab 50,00\u00a0€ ist")  # type: ignore[index]
    without = msgspec.structs.replace(SHOP, free_shipping_minor=None)
    with pytest.raises(NotForShop, match="'wool' has no free_shipping_minor; add it"):
        text_of(templates()["free-shipping-nudge"], without)


def test_the_names_of_files_and_documents_agree():
    assert [template.document.id for template in ALL] == list(templates())
    assert len({template.purpose for template in ALL}) == len(ALL)
