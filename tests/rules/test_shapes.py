"""What has not the shape of a document is told in the words of who wrote it: value, rule, way out."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from msgspec import Meta, Struct, convert
from msgspec.structs import fields

from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.model.product import Product
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.shapes import shape_faults

SHOP = "kind: shop\nid: my-shop\nname: My Shop\norigins: ['https://my-shop.example']\ncurrency: EUR\n"
CAMPAIGN = """
kind: campaign
id: exit-offer
shop: my-shop
name: Exit offer
trigger: {on: exit}
variants: [{id: a, content: {widget: popup, title: Wait}}]
"""
JOURNEY = """
kind: journey
id: j
shop: my-shop
name: J
trigger: cart_abandoned
steps: [{do: wait, id: w, minutes: 5}, {do: send, id: s, channel: push, title: T}]
"""


def faults_of(source: str, old: str = "", new: str = "") -> list[str]:
    assert old in source
    with pytest.raises(BadDocument) as fault:
        read_documents(source.replace(old, new) if old else source + new)
    return str(fault.value).splitlines()


@pytest.mark.parametrize(
    ("source", "old", "new", "told"),
    [
        (SHOP, "EUR", "eur", 'currency is "eur"; it must be three capital letters (ISO 4217)'),
        (SHOP, "", "cart: prestshop", "opencart or selectors; did you mean 'prestashop'?"),
        (SHOP, "", "consent: yes", 'consent is "yes"; it must be ask or implied'),
        (SHOP, "['https://my-shop.example']", "https://my-shop.example", "it must be a list, as [one, two]"),
        (SHOP, "", "email: {sender: me@my-shop.example}", "email.host: missing"),
        (SHOP, "", "email: smtp", 'email is "smtp"; it must have fields of its own, as {sender: …}'),
        (SHOP, "", "free_shipping_minor: 80.00", "a whole number of minor units, without quotes"),
        (SHOP, "", "abandoned_after_min: '30'", 'is "30"; it must be a number, without quotes'),
        (SHOP, "", "abandoned_after_min: 0", "abandoned_after_min is 0; it must be more than 0"),
        (SHOP, "name: My Shop", "name: 5", "name is 5; it must be text, in quotes"),
        (SHOP, "name: My Shop", "name: ''", 'name is ""; it must have at least 1 character'),
        (SHOP, "", "words: {popup.accept: {english: Hi}}", 'words.popup.accept has the name "english"; it'),
        (CAMPAIGN, "", "live: yes", 'live is "yes"; it must be true or false'),
        (CAMPAIGN, "", "frequency: {per_hours: 3}", "frequency.per_hours: there is no such field; did you"),
        (CAMPAIGN, "popup", "pop", "content.widget is \"pop\"; it must be popup, survey, checkout or push"),
        (CAMPAIGN, "widget: popup, ", "", "content.widget: missing; it must be popup, survey"),
        (JOURNEY, "cart_abandoned", "cart_left", 'trigger is "cart_left"; it must be cart_abandoned, '),
        (JOURNEY, "channel: push", "channel: psh", 'steps[1].channel is "psh"; it must be push, email, sms'),
        ("kind: shopp", "", "", "kind is 'shopp'; start it with `kind: shop`"),
        ("a: [", "", "", "not YAML or JSON: line 1, column 5: while parsing a flow"),
        (SHOP, "currency", "\tcurrency", "not YAML or JSON: line 5, column 1: "),
    ],
)  # fmt: skip
def test_the_value_the_rule_and_the_way_out_are_told(source: str, old: str, new: str, told: str):
    [fault] = faults_of(source, old, new)
    assert told in fault
    assert "Expected" not in fault and "regex" not in fault


def test_every_fault_of_a_field_with_parts_is_told():
    steps = faults_of(JOURNEY, "minutes: 5", "minuts: 5, idd: w2")
    assert len(steps) == 3  # two names, and what is missing for one of them
    assert all("steps[0]." in fault for fault in steps)


@pytest.mark.parametrize("document", [ShopDoc, Campaign, Journey])
def test_every_pattern_says_in_words_what_it_asks_for(document: type[Struct]):
    noted = patterns(document, document.__name__, set())
    assert noted
    assert [place for place, meta in noted if not meta.description] == []


def patterns(kind: Any, place: str, met: set[Any]) -> list[tuple[str, Meta]]:
    """What is noted on texts that must fit a pattern, anywhere below a type."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        if kind in met:
            return []
        met.add(kind)
        return [x for field in fields(kind) for x in patterns(field.type, f"{place}.{field.name}", met)]
    notes = getattr(kind, "__metadata__", ())
    own = [(place, note) for note in notes if isinstance(note, Meta) and note.pattern]
    return own + [x for each in get_args(kind) for x in patterns(each, place, met)]


def test_what_fits_is_no_fault():
    assert shape_faults(["a"], tuple[str, ...]) == []


def test_of_a_long_feed_of_faults_only_the_first_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop's feed of thousands took the edge seconds, in which it answered nobody."""
    looks: list[object] = []

    def counting(value: object, *args: Any, **more: Any) -> Any:
        looks.append(value)
        return convert(value, *args, **more)

    monkeypatch.setattr("heimta.rules.shapes.msgspec.convert", counting)
    found = shape_faults([{"sku": 1}] * 20_000, list[Product], most=2)
    assert found[0] == "[0].sku is 1; it must be text, in quotes" and len(found) == 2
    assert len(looks) < 10
