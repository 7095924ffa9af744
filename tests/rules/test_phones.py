"""Telephone numbers: one form each, and which of them an SMS may go to."""

from __future__ import annotations

import pytest

from heimta.model.providers import Sms
from heimta.rules.phones import countries, e164, why_not_sms

GERMAN = Sms("AC1", "+4915112345678")


@pytest.mark.parametrize(
    ("raw", "country", "wanted"),
    [
        ("+49 170 1234567", None, "+491701234567"),
        ("+49 (0)170 / 123-4567", None, "+491701234567"),
        ("0170 1234567", "DE", "+491701234567"),
        ("0049 170 1234567", "DE", "+491701234567"),
        ("611 2345", "IS", "+3546112345"),
        ("0170 1234567", None, ""),  # of which country? not ours to guess
        ("0170 1234567", "IS", ""),
        ("+49 170 12", None, ""),
        ("+999 123456789", None, ""),
        ("110", "DE", ""),  # the police
        ("+49 30 901820 ext. 7", None, ""),
        ("hello", "DE", ""),
        ("", "DE", ""),
        ("+" + "4" * 100, None, ""),
    ],
)
def test_a_number_has_one_form(raw: str, country: str | None, wanted: str) -> None:
    assert e164(raw, country) == wanted


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+491701234567", ""),
        ("+4930901820", "number takes no SMS"),
        ("+498001234567", "number takes no SMS"),
        ("+19005550100", "number takes no SMS"),  # premium: what people type in who want to earn by it
        ("+447400123456", "country not served"),
        ("", "no telephone number"),
    ],
)
def test_an_sms_goes_to_mobiles_of_the_countries_served(number: str, why: str) -> None:
    assert why_not_sms(number, GERMAN) == why


def test_where_nothing_is_said_the_senders_country_is_served() -> None:
    assert countries(GERMAN) == ("DE",)
    assert countries(Sms("AC1", "Shop", country="IS")) == ("IS",)
    assert countries(Sms("AC1", "+4915112345678", country="IS", countries=("GB", "IE"))) == ("GB", "IE")
    assert countries(Sms("AC1", "Shop")) == ()
