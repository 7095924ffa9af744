"""What a merchant is told of SMS, Messenger and webhooks when they apply a document."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heimta.model.journey import Send
from heimta.model.outside import origin
from heimta.model.providers import Facebook, Hook, ShopApi, Sms
from heimta.rules.apply import BadDocument, read_documents, write_document
from heimta.rules.sendable import address_faults, provider_faults, sendable_faults, sendable_notes
from tests.worker.shop import SHOP


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sms": Sms("AC1", "Shop")}, "sms.sender is 'Shop', which says no country"),
        ({"sms": Sms("AC1", "MG" + "a" * 32)}, "for example `countries: [DE, AT]`"),
    ],
    ids=range(2),
)
def test_a_provider_that_cannot_work_is_named(change: dict[str, Sms], words: str) -> None:
    (fault,) = provider_faults(msgspec.structs.replace(SHOP, **change))
    assert words in fault


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sms": Sms("AC1", "+4915112345678", url="https://10.0.0.1")}, "sms.url is 'https://10.0.0.1'"),
        ({"hook": Hook("https://localhost/x")}, "hook.url is 'https://localhost/x'; it must name a host"),
        ({"hook": Hook("http://localhost/x")}, "hook.url is 'http://localhost/x'; it must begin with https"),
        ({"hook": Hook("https://u:p@shop.example/x")}, "no user, no password"),
        ({"facebook": Facebook("1", url="http://graph.example")}, "facebook.url is 'http://graph.example'"),
        ({"shop_api": ShopApi("woocommerce", "http://shop.example/wp")}, "shop_api.url is 'http://shop.ex"),
    ],
    ids=range(6),
)
def test_an_address_that_nothing_would_be_sent_to_is_named(change: dict[str, Any], words: str) -> None:
    shop = msgspec.structs.replace(SHOP, **change)
    (fault,) = address_faults(shop, ())
    assert words in fault and "HEIMTA_OUTSIDE_ORIGINS" in fault


@pytest.mark.parametrize("url", ["http://localhost:9000/x", "https://gateway/x", "https://10.0.0.1/x"])
def test_an_origin_that_the_operator_trusts_may_stand_there(url: str) -> None:
    shop = write_document(msgspec.structs.replace(SHOP, hook=Hook(url)))
    with pytest.raises(BadDocument, match=r"hook\.url"):
        read_documents(shop, trusted=["http://localhost:9001"])
    assert read_documents(shop, trusted=[origin(url)])


def test_good_providers_are_good() -> None:
    good = msgspec.structs.replace(
        SHOP,
        sms=Sms("AC1", "Shop", countries=("DE",)),
        facebook=Facebook("1234"),
        hook=Hook("https://hooks.shop.example:8443/heimta?x=1"),
    )
    assert [*provider_faults(good), *address_faults(good, ())] == []


@pytest.mark.parametrize("sender", ["0151 1234567", "+49", "twelve lettrs", "MG12", ""])
def test_a_sender_that_no_gateway_takes_is_refused(sender: str) -> None:
    text = f"""
kind: shop
id: demo
name: Demo
origins: [https://shop.example]
currency: EUR
sms: {{account: AC1, sender: "{sender}"}}
"""
    with pytest.raises(BadDocument, match="sms"):
        read_documents(text)


def test_an_sms_says_its_body_and_nothing_else() -> None:
    assert list(sendable_faults(Send("a", "sms", title="Hello"))) == [
        "step 'a': body is missing; it is all that an SMS says"
    ]
    assert list(sendable_faults(Send("a", "messenger", title="Hello"))) == []
    assert list(sendable_faults(Send("a", "messenger"))) != []


TWO = ["step 'a': about 2 SMS each time, the link and how to end it included"]


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        ("x" * 88, []),  # with the link and the way to end it exactly one
        ("x" * 89, TWO),
        (
            "x" * 103 + " {link} STOP",
            TWO,
        ),
        ("x" * 81 + " stop by", TWO),  # a stop, but no word to answer with
        ("It\u2019s yours", []),
        (
            {"en": "Hi", "is": "Hæ, þú gleymdir"},
            ["step 'a' (is): because of 'þú' an SMS holds 70 letters, not 160; this is about 2 SMS"],
        ),
    ],
    ids=range(6),
)
def test_what_an_sms_costs_is_said(body: str | dict[str, str], notes: list[str]) -> None:
    assert list(sendable_notes(Send("a", "sms", body=body))) == notes


def test_what_messenger_cuts_off_is_said() -> None:
    step = Send("a", "messenger", title="Hi", body={"en": "x" * 81}, button={"en": "Back to your cart now"})
    words, cut = sendable_notes(step)
    assert words.startswith("step 'a' (en): 81 characters") and "without pictures" in words
    assert cut == "step 'a' (en): the button is cut off at 20 characters"
