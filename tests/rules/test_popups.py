"""Popups in documents: what is refused, with the way out, and what the page is sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import yaml

from heimta.model.campaign import Campaign, Offer
from heimta.rules.apply import BadDocument, notes, read_documents
from heimta.rules.compile import compile_config
from heimta.rules.contents.fill import Spoken
from heimta.rules.contents.worth import terms, worth
from tests.worker.shop import SHOP

OFFER = {"kind": "percent", "value": 10}
PRIZES = [{"odds": 70, "offer": OFFER}, {"odds": 30, "offer": {"kind": "amount", "value": 500}}]
FIELD = {"block": "field", "field": "email", "consent": "Yes.", "version": "v1"}
BUILDS = (
    "popup",
    "popup-blocks",
    "pictures",
    "reveal",
    "html",
    "apply-own",
    "apply-shopify",
    "apply-woocommerce",
)
WHEEL = {"block": "reveal"}
PICTURE = {"block": "picture", "width": 1, "height": 1}
FILES = {name: (f"/w/{name}.0.js", "sri") for name in BUILDS}


def document(content: dict[str, Any], **campaign: Any) -> str:
    popup = {"widget": "popup", "title": "Stay", **content}
    variants = [{"id": "a", "content": popup}]
    head = {"kind": "campaign", "id": "stay", "shop": "demo", "name": "Stay", "trigger": {"on": "exit"}}
    return yaml.safe_dump({**head, "live": True, "variants": variants, **campaign})


def read(content: dict[str, Any], **campaign: Any) -> Campaign:
    [found] = read_documents(document(content, **campaign))
    assert isinstance(found, Campaign)
    return found


def sent(content: dict[str, Any], shop: Any = SHOP, **campaign: Any) -> tuple[Any, dict[str, str]]:
    """(the content as the page gets it, name -> file)."""
    config = compile_config(
        shop, [(read(content, **campaign), 1)], revision=1, vapid_public="", widgets=FILES
    )
    files = {name: place[0].split("/")[-1][: -len(".0.js")] for name, place in config["widgets"].items()}
    return config["campaigns"][0]["variants"][0]["content"], files


BAD: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("countdown without a code", {"blocks": [{"block": "countdown"}]}, {}, "give the campaign an offer"),
    ("offer without one", {"blocks": [{"block": "offer"}]}, {}, "give the campaign an offer"),
    ("wheel without prizes", {"blocks": [WHEEL]}, {}, "give it prizes, with odds that add to 100"),
    ("prizes without a wheel", {}, {"prizes": PRIZES}, "variant 'a': the campaign has prizes, so it needs"),
    (
        "odds that are not whole",
        {"blocks": [WHEEL]},
        {"prizes": [{"odds": 50, "offer": OFFER}, PRIZES[1]]},
        "the odds add to 80; make them 100",
    ),
    (
        "a prize twice",
        {"blocks": [WHEEL]},
        {"prizes": [{"odds": 50, "offer": OFFER}, {"odds": 50, "offer": OFFER}]},
        "percent 10 is there 2 times; give each prize once",
    ),
    (
        "offer and prizes",
        {"blocks": [WHEEL]},
        {"prizes": PRIZES, "offer": OFFER},
        "offer and prizes are both given",
    ),
    ("two carts", {"blocks": [{"block": "cart"}] * 2}, {}, "'cart' is there 2 times; once is enough"),
    (
        "a bar that is full",
        {"layout": "bar_top", "blocks": [{"block": "cart"}, FIELD]},
        {},
        "cart, field in a bar_top; a bar has room for countdown, offer, text",
    ),
    ("a script as a picture", {"blocks": [{**PICTURE, "src": "javascript:alert(1)"}]}, {}, "src"),
    ("a picture with a quote", {"blocks": [{**PICTURE, "src": '/a".png'}]}, {}, "src"),
    ("no consent", {"blocks": [{"block": "field", "field": "email", "version": "1"}]}, {}, "consent"),
    ("a kind nobody knows", {"layout": "ceiling"}, {}, "ceiling"),
    (
        "a prize of nothing",
        {"blocks": [WHEEL]},
        {"prizes": [{"odds": 70, "offer": {"kind": "percent", "value": 0}}, PRIZES[1]]},
        "prizes[0].offer.value is 0; a percent offer needs 1 to 100",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "campaign", "fault"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_cannot_be_kept_is_refused(
    content: dict[str, Any], campaign: dict[str, Any], fault: str
) -> None:
    with pytest.raises(BadDocument) as refused:
        read(content, **campaign)
    assert fault in str(refused.value)


def test_an_old_popup_gets_the_small_build_and_what_puts_its_code_on_the_cart() -> None:
    content, files = sent({"body": "Ten percent"}, offer=OFFER)
    assert files == {"popup": "popup", "apply": "apply-own", "pictures": "pictures"}
    assert (content["claims"], content["asks"], content["show_cart"], content["with"]) == (
        True,
        True,
        True,
        ["apply", "pictures"],
    )
    assert content["blocks"] == [{"block": "cart"}], "the large build may have come for another campaign"
    assert "thanks" not in content["labels"]


@pytest.mark.parametrize("cart", ["shopify", "woocommerce"])
def test_a_platform_has_a_way_of_its_own_to_put_a_code_on_the_cart(cart: Any) -> None:
    _, files = sent({}, shop=msgspec.structs.replace(SHOP, cart=cart), offer=OFFER)
    assert files["apply"] == f"apply-{cart}"


@pytest.mark.parametrize("layout", ["slide", "sheet", "bar_top"])
def test_more_than_a_card_takes_the_large_build_in_the_small_ones_place(layout: str) -> None:
    content, files = sent({"layout": layout})
    assert files["popup"] == "popup-blocks"
    assert ("pictures" in files) == (layout != "bar_top")
    assert content["blocks"] == ([] if layout == "bar_top" else [{"block": "cart"}])


def test_blocks_are_sent_with_all_that_they_draw() -> None:
    blocks = [
        {"block": "offer"},
        {"block": "list", "items": ["One"]},
        {"block": "reassurance", "items": [{"icon": "returns", "text": "30 days"}]},
        {"block": "picture", "src": "/a.png", "width": 4, "height": 3},
        {**FIELD, "wants": "cart"},
        {"block": "html", "html": "<b>x</b>", "title": "Ours"},
    ]
    content, files = sent({"blocks": blocks}, offer={"kind": "amount", "value": 500})
    offer, listed, reassurance, picture, field, html = content["blocks"]
    assert offer["text"] == {"en": "€5 off", "de": "5\xa0€ Rabatt"}
    assert listed["items"][0]["d"].startswith("M") and reassurance["items"][0]["text"] == "30 days"
    assert picture == {"block": "picture", "src": "/a.png", "alt": "", "width": 4, "height": 3}
    assert field["label"] == {"en": "E-mail address", "de": "E-Mail-Adresse"} and field["version"] == "v1"
    assert html["height"] == 160
    assert content["with"] == ["apply", "html", "pictures"] and content["show_cart"] is False
    assert files["popup"] == "popup-blocks" and set(files) == {"popup", "apply", "html", "pictures"}


def test_an_offer_says_from_which_cart_on_it_holds() -> None:
    offer, spoken = Offer("percent", 10, min_cart_minor=4000), ("en", "de")
    told = terms(offer, "EUR", Spoken(spoken, {}))
    assert told == {"en": "10% off from €40", "de": "10\xa0% Rabatt ab 40\xa0€"}
    assert terms(Offer("percent", 10), "EUR", Spoken(spoken, {})) == worth(offer, "EUR", Spoken(spoken, {}))


def test_a_wheel_is_sent_with_its_odds_and_nothing_that_is_worth_anything() -> None:
    content, files = sent({"blocks": [WHEEL]}, prizes=PRIZES)
    [wheel] = content["blocks"]
    assert [prize["odds"] for prize in wheel["prizes"]] == [70, 30]
    assert set(wheel["prizes"][0]) == {"odds", "text"}
    assert content["accept"]["en"] == "Turn the wheel" and "reveal" in files


@pytest.mark.parametrize(("wants", "label"), [("cart", "Send me my cart"), ("news", "Sign up")])
def test_without_an_offer_the_button_says_what_the_address_is_for(wants: str, label: str) -> None:
    content, _ = sent({"blocks": [{**FIELD, "wants": wants}]})
    assert content["accept"]["en"] == label
    assert content["asks"] and "claims" not in content


def test_without_an_offer_there_is_nothing_but_the_address_to_thank_for() -> None:
    """The button would say that the details are saved, and there are none."""
    optional = {"blocks": [{**FIELD, "required": False}]}
    assert sent(optional)[0]["blocks"][0]["required"] is True
    assert sent(optional, offer=OFFER)[0]["blocks"][0]["required"] is False


def test_who_asks_for_an_address_to_mail_the_cart_to_is_told_what_is_missing() -> None:
    [note] = notes(read({"blocks": [{**FIELD, "wants": "cart"}]}))
    assert "campaign 'stay', variant 'a'" in note and "`cart_wanted`" in note
    assert notes(read({"blocks": [FIELD]})) == []
