"""Twilio's and Meta's signatures as they publish them, and the ref that names a visitor for an hour."""

from __future__ import annotations

import base64
import random

import pytest

from heimta.rules.provider_signatures import is_metas, is_twilios, meta, twilio
from heimta.rules.refs import GOOD_MS, make_ref, read_ref

NOW = 1_763_760_000_000
KEY = "s" * 43
VISITOR = "v" * 22
# The example of Twilio's own page (docs/usage/security, "Validating requests").
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+12349013030"),
    ("Digits", "1234"),
    ("From", "+12349013030"),
    ("To", "+18005551212"),
]
SIGNED = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_twilios_own_example_holds() -> None:
    assert twilio("12345", URL, reversed(FIELDS)) == SIGNED
    assert is_twilios("12345", SIGNED, ["https://other.example", URL], FIELDS)


@pytest.mark.parametrize(
    ("token", "header", "url", "fields"),
    [
        ("12346", SIGNED, URL, FIELDS),
        ("12345", SIGNED[:-2] + "A=", URL, FIELDS),
        ("12345", SIGNED, URL + "&", FIELDS),
        ("12345", SIGNED, URL, FIELDS[1:]),
        ("12345", SIGNED, URL, [*FIELDS, ("Body", "x")]),
        ("12345", "", URL, FIELDS),
        ("12345", "ð", URL, FIELDS),
        ("", twilio("", URL, FIELDS), URL, FIELDS),
    ],
    ids=range(8),
)
def test_nothing_else_is_twilios(token: str, header: str, url: str, fields: list[tuple[str, str]]) -> None:
    assert not is_twilios(token, header, [url], fields)


def test_meta_signs_the_raw_body() -> None:
    body = b'{"object":"page","entry":[]}'
    good = meta("app-secret", body)
    assert good.startswith("sha256=") and is_metas("app-secret", good, body)
    for secret, header, told in [
        ("other", good, body),
        ("app-secret", good, body + b" "),
        ("app-secret", good.replace("sha256", "sha1"), body),
        ("app-secret", "", body),
        ("", meta("", body), body),
    ]:
        assert not is_metas(secret, header, told)


def test_a_ref_names_its_visitor_for_an_hour() -> None:
    ref = make_ref(KEY, "demo", VISITOR, now=NOW)
    assert VISITOR not in ref and len(ref) < 100
    assert read_ref(KEY, "demo", ref, at=NOW + GOOD_MS - 1) == VISITOR
    assert read_ref(KEY, "demo", ref, at=NOW + GOOD_MS) == ""
    assert read_ref(KEY, "other", ref, at=NOW) == ""
    assert read_ref("t" * 43, "demo", ref, at=NOW) == ""


def test_no_ref_can_be_altered() -> None:
    ref = make_ref(KEY, "demo", VISITOR, now=NOW)
    dice = random.Random(6)
    raw = base64.urlsafe_b64decode(ref + "=" * (-len(ref) % 4))
    for _ in range(500):
        bit = dice.randrange(len(raw) * 8)
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert read_ref(KEY, "demo", base64.urlsafe_b64encode(changed).decode().rstrip("="), at=NOW) == ""
    for odd in ("", "x", ref[:-1], ref + "A", ref + "=", ref + "\n", "ð" * 60, "A" * 10_000, " " + ref):
        assert read_ref(KEY, "demo", odd, at=NOW) == ""
