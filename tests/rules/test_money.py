"""Sums as a shopper of each language writes them, in any currency; browsers space them so too."""

from __future__ import annotations

import pytest

from heimta.model.campaign import Offer
from heimta.rules.contents.fill import Spoken
from heimta.rules.contents.worth import terms
from heimta.rules.money import in_words


@pytest.mark.parametrize(
    ("language", "currency", "said"),
    [
        ("en", "EUR", "€14.00"),
        ("en", "CHF", "CHF 14.00"),
        ("en", "ISK", "ISK 1,400"),
        ("en", "CAD", "CA$14.00"),
        ("en", "KWD", "KWD 1.400"),
        ("en", "XOF", "F\u202fCFA 1,400"),
        ("de", "CHF", "14,00 CHF"),
        ("de", "EUR", "14,00 €"),
        ("is", "ISK", "1.400 kr."),
        ("tr", "CHF", "CHF 14,00"),
        ("ja", "JPY", "￥1,400"),
        ("sq", "EUR", "14,00 €"),
        ("km", "USD", "14.00$"),
        ("xx", "CHF", "CHF 14.00"),
    ],
)
def test_a_letter_does_not_touch_a_digit(language: str, currency: str, said: str) -> None:
    assert in_words(1400, currency, language).replace("\N{NO-BREAK SPACE}", " ") == said


def test_an_offers_sum_is_short_where_it_can_be() -> None:
    assert in_words(500, "CHF", "en", is_short=True) == "CHF\N{NO-BREAK SPACE}5"
    assert in_words(450, "EUR", "en", is_short=True) == "€4.50"
    assert in_words(0, "EUR", "en", is_short=True) == "€0"
    told = terms(Offer("amount", 500, min_cart_minor=4000), "CHF", Spoken(("en",)))
    assert told == {"en": "CHF\N{NO-BREAK SPACE}5 off from CHF\N{NO-BREAK SPACE}40"}
