"""Names and subjects in any letters, as a mail program reads them out of the headers (RFC 2047, RFC 5322)."""

from __future__ import annotations

from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.channels.email_message import Parts, build
from heimta.model.one_line import one_line
from tests.worker.shop import T0

ADDRESS = "hello@wolle.example"


def headers(subject: str = "x", name: str = "") -> dict[str, str]:
    """Unfolded, and otherwise as they go over the wire."""
    made = build(Parts("id", (name, ADDRESS), "a@mail.example", subject, "<p>x</p>", "x", "de", T0))
    found = {}
    for header, value in BytesHeaderParser().parsebytes(made).raw_items():
        lines = str(value).split("\n")
        assert all(len(line) <= 998 and line.isascii() for line in lines)
        assert all(len(word) <= 75 for word in " ".join(lines).split() if word.startswith("=?"))
        found[header] = "".join(line.rstrip("\r") for line in lines).strip()
    return found


def read(value: str) -> str:
    return str(make_header(decode_header(value)))


@pytest.mark.parametrize(
    "subject",
    [
        "noch „Þingvellir“ Jacke wartet jetzt günstiger Mütze Warenkorb Warenkorb Damen 20 %",
        "σας διαθέσιμο πουλόβερ περιμένει περιμένει μάλλινο",
        "סוודר וכובע מחכה עם שלך העגלה מחכה לילדים למלאי",
        "您的购物车还在等您羊毛衫有货了现在更便宜" * 3,
        "🎁 " * 40 + "x",
        "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET} می\N{ZERO WIDTH NON-JOINER}خواهم",
        "=?utf-8?q?no=20code?=",
        "x" * 250,
    ],
)
def test_a_subject_keeps_every_space_and_letter(subject: str) -> None:
    assert read(headers(subject)["Subject"]) == subject.strip()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='aÄß ш.,🎁=?_"', max_size=120))
def test_any_words_are_read_as_they_were_written(words: str) -> None:
    assert read(headers(words)["Subject"]) == one_line(words)


@pytest.mark.parametrize(
    "name",
    [
        "Wolle, Garn & Söhne",
        'Shop "Best", Inc.',
        "Back\\slash",
        "Магазин шерсти и пряжи «Северное сияние» для всех",
        "Nordlicht <hello@evil.example>",
        "Wolle",
        "",
    ],
)
def test_a_name_is_one_sender_whatever_it_is_made_of(name: str) -> None:
    [(told, address)] = getaddresses([headers(name=name)["From"]])
    assert (read(told), address) == (name, ADDRESS)
