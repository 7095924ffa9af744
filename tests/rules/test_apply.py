"""Documents: what is wrong is told by field, with value and way out; what is right survives a round trip."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from heimta.rules.apply import BadDocument, notes, read_documents, write_document

ROOT = Path(__file__).parents[2]
DEMO = sorted((ROOT / "server/heimta/demo/documents").glob("*.yaml"))
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/documents.md").read_text(), re.DOTALL)

CAMPAIGN: dict[str, Any] = {
    "kind": "campaign",
    "id": "exit-offer",
    "shop": "demo",
    "name": "Exit offer",
    "trigger": {"on": "exit"},
    "offer": {"kind": "percent", "value": 10},
    "variants": [{"id": "a", "content": {"widget": "popup", "title": "Wait"}}],
}
SURVEY = {"widget": "survey", "question": "How easy?", "min": 5, "max": 5}
SHOP: dict[str, Any] = {
    "kind": "shop",
    "id": "demo",
    "name": "Demo",
    "origins": ["https://demo.example"],
    "currency": "EUR",
}
JOURNEY: dict[str, Any] = {
    "kind": "journey",
    "id": "j",
    "shop": "demo",
    "name": "J",
    "trigger": "cart_abandoned",
    "steps": [{"do": "send", "id": "a", "channel": "push", "title": "T"}],
}


def text(document: dict[str, Any], **change: Any) -> str:
    return yaml.safe_dump({**document, **change})


@pytest.mark.parametrize("source", [file.read_text() for file in DEMO] + EXAMPLES)
def test_the_demos_and_the_docs_documents_are_good_and_survive_a_round_trip(source: str):
    documents = read_documents(source.replace("${SHOP_URL}", "http://localhost:1"))
    again = read_documents("---\n".join(write_document(document) for document in documents))
    assert again == documents


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (text(CAMPAIGN, holdout=5), ["campaign 'exit-offer'", "holdout", "did you mean 'holdout_pct'"]),
        (text(CAMPAIGN, holdout_pct=101), ["holdout_pct is 101; it must be from 0 to 100"]),
        (text(CAMPAIGN, trigger={"on": "sneeze"}), ["trigger.on", "sneeze"]),
        (text(CAMPAIGN, offer={"kind": "percent", "value": 0}), ["offer.value is 0", "1 to 100"]),
        (text(CAMPAIGN, offer={"kind": "amount"}), ["offer.value is 0", "minor units"]),
        (text(CAMPAIGN, variants=[]), ["variants is []"]),
        (
            text(CAMPAIGN, variants=[{**CAMPAIGN["variants"][0], "weight": 90}]),
            ["weights add to 90", "make them 100"],
        ),
        (
            text(CAMPAIGN, variants=[{"id": "holdout", "content": {"widget": "popup", "title": "W"}}]),
            ["'holdout'", "taken"],
        ),
        (text(CAMPAIGN, variants=[{"id": "a", "content": SURVEY}]), ["min 5 must be below max 5"]),
        (text(SHOP, currency="euro"), ["shop 'demo'", 'currency is "euro"']),
        (text(SHOP, timezone="Mars/Base"), ["timezone is 'Mars/Base'", "Europe/Berlin"]),
        (text(SHOP, origins=["shop.example"]), ["origins", "shop.example"]),
        (text(SHOP, urls={"restore": "/cart"}), ["urls.restore is '/cart'", "{lines}"]),
        (text(JOURNEY, steps=JOURNEY["steps"] * 2), ["steps have the ids ['a', 'a']"]),
        ("kind: sausage", ["kind: shop"]),
        ("just words", ["document 1"]),
        ("a: [", ["not YAML"]),
        ("", ["no document"]),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_bad_document_is_told_by_field(source: str, told: list[str]):
    with pytest.raises(BadDocument) as fault:
        read_documents(source)
    for part in told:
        assert part in str(fault.value)


def test_all_faults_of_all_documents_are_told_at_once():
    with pytest.raises(BadDocument) as fault:
        read_documents(text(CAMPAIGN, priority=-1, holdout=5) + "---\n" + text(SHOP, currency="E"))
    assert len(str(fault.value).splitlines()) == 3


def test_yaml_booleans_are_only_true_and_false():
    push = {"widget": "push", "title": "T", "body": "B", "no": {"no": "Nei", "en": "No"}}
    [campaign] = read_documents(text(CAMPAIGN, offer=None, variants=[{"id": "a", "content": push}]))
    assert "no: Nei" in write_document(campaign)


FESTIVE = "Sale \N{PARTY POPPER}"


@pytest.mark.parametrize("indent", [None, "\t"])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_json_is_read_as_json(indent: str | None, is_ascii: bool):
    """Programs write an emoji as two escapes, and some indent with tabs."""
    text = json.dumps(SHOP | {"name": FESTIVE}, indent=indent, ensure_ascii=is_ascii)
    for written in (text, f"{text}\n---\n{text}\n", f"\ufeff{text}"):
        for document in read_documents(written):
            assert document.name == FESTIVE
            assert read_documents(write_document(document)) == [document]


def test_an_emoji_as_json_writes_it_may_stand_in_yaml():
    plain = yaml.safe_dump(SHOP | {"name": "NAME"}).replace("NAME", json.dumps(FESTIVE))
    assert read_documents(plain)[0].name == FESTIVE


@pytest.mark.parametrize("text", [json.dumps(SHOP | {"name": "\ud83d"}), 'kind: shop\nname: "\\ud83d"\n'])
def test_half_an_emoji_is_told_before_anything_is_installed(text: str):
    with pytest.raises(BadDocument, match="half a character"):
        read_documents(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: shop\nname: A\nid: s\nname: B\n", "line 4: 'name' is there twice"),
        ("kind: journey\nsteps:\n  - {title: {en: Hi, en: Hallo}}\n", "line 3: 'en' is there twice"),
        ('{"kind": "shop", "name": "A", "name": "B"}', "'name' is there twice"),
        ('{"kind": "shop", "abandoned_after_min": NaN}', "NaN is no number"),
    ],
)
def test_a_field_that_is_there_twice_is_told(text: str, told: str):
    with pytest.raises(BadDocument, match=told):
        read_documents(text)


def test_what_yaml_merges_may_be_said_anew():
    shared = "x: &x {currency: EUR, name: A}\n"
    with pytest.raises(BadDocument, match="x: there is no such field"):  # and nothing else is wrong
        read_documents(f"{shared}kind: shop\nid: demo\norigins: [https://demo.example]\n<<: *x\nname: B\n")


def test_a_shops_languages_are_those_of_its_texts():
    with pytest.raises(BadDocument, match="languages has 'de-DE'; it must be the language alone"):
        read_documents(json.dumps(SHOP | {"languages": ["de-DE", "en"]}))


def test_a_language_that_no_page_says_is_told():
    [shop] = read_documents(json.dumps(SHOP | {"languages": ["de", "no", "dk", "is"]}))
    assert [note.partition(";")[0] for note in notes(shop) if "languages" in note] == [
        "shop 'demo': languages has 'no'",
        "shop 'demo': languages has 'dk'",
    ]
    [shop] = read_documents(json.dumps(SHOP | {"languages": ["nb", "no", "da"]}))
    assert not [note for note in notes(shop) if "languages" in note]
