"""The merchant's keys: made, read back in every form, and used sparingly."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from py_vapid import Vapid02

from heimta.channels.vapid import LIFE_S, MAX_TOKENS, RENEW_S, VapidHeaders, load_keys, make_keys

NOW = 1_763_760_000_000
SUBJECT = "mailto:shop@shop.example"
FCM = "https://fcm.googleapis.com"

# RFC 8292 has no private key to test with; RFC 8291 Appendix A has this pair.
PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
PUBLIC = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def claims(header: str) -> dict[str, object]:
    part = header.removeprefix("vapid t=").split(".")[1]
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return read


def test_a_private_key_gives_its_public_half() -> None:
    assert load_keys(PRIVATE, SUBJECT).public == PUBLIC
    assert load_keys(f" {PRIVATE}=\n", SUBJECT).private == PRIVATE


def test_pem_and_raw_are_the_same_key() -> None:
    number = int.from_bytes(base64.urlsafe_b64decode(PRIVATE + "="), "big")
    pem = pem_of(ec.derive_private_key(number, ec.SECP256R1()))
    assert load_keys(pem, SUBJECT) == load_keys(PRIVATE, SUBJECT)


def test_new_keys_differ_and_can_be_read_back() -> None:
    first, second = make_keys(SUBJECT), make_keys(SUBJECT)
    assert first.private != second.private
    assert load_keys(first.private, SUBJECT) == first
    assert len(base64.urlsafe_b64decode(first.public + "=")) == 65


def test_the_secret_is_not_printed() -> None:
    keys = make_keys(SUBJECT)
    assert keys.private not in repr(keys) and keys.private not in f"{[keys]}"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "abc",
        PRIVATE[:-1],
        PRIVATE + "AAAA",
        "!" * 43,
        "A" * 43,  # zero is no key
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["empty", "short", "31 bytes", "35 bytes", "no base64", "zero", "broken pem", "p384", "rsa"],
)
def test_a_wrong_key_is_refused_without_being_quoted(bad: str) -> None:
    with pytest.raises(ValueError, match="must be a P-256 key") as error:
        load_keys(bad, SUBJECT)
    assert len(bad) < 10 or bad not in str(error.value)


@pytest.mark.parametrize("subject", [SUBJECT, "https://shop.example", "https://shop.example/contact?x#y"])
def test_subjects_that_the_rfc_allows(subject: str) -> None:
    assert load_keys(PRIVATE, subject).subject == subject
    VapidHeaders().get(load_keys(PRIVATE, subject), FCM, now=NOW)


@pytest.mark.parametrize("subject", ["", "shop@shop.example", "mailto:", "http://shop.example", "https:// x"])
def test_a_wrong_subject_is_named(subject: str) -> None:
    with pytest.raises(ValueError, match="subject") as error:
        load_keys(PRIVATE, subject)
    assert repr(subject) in str(error.value)


def test_the_header_is_signed_for_one_origin_and_half_a_day() -> None:
    header = VapidHeaders().get(load_keys(PRIVATE, SUBJECT), FCM, now=NOW)
    assert Vapid02.verify(header)
    assert header.endswith(f",k={PUBLIC}")
    assert claims(header) == {"aud": FCM, "exp": NOW // 1000 + LIFE_S, "sub": SUBJECT}


def test_one_signature_an_origin_until_it_is_old() -> None:
    headers, keys = VapidHeaders(), load_keys(PRIVATE, SUBJECT)
    first = headers.get(keys, FCM, now=NOW)
    for later_s in range(0, LIFE_S - RENEW_S, 600):
        assert headers.get(keys, FCM, now=NOW + later_s * 1000) == first
    assert headers.signed == 1
    headers.get(keys, "https://web.push.apple.com", now=NOW)
    assert headers.signed == 2
    renewed = headers.get(keys, FCM, now=NOW + (LIFE_S - RENEW_S) * 1000)
    assert renewed != first and headers.signed == 3


def test_a_clock_that_was_set_back_makes_a_new_token() -> None:
    headers, keys = VapidHeaders(), load_keys(PRIVATE, SUBJECT)
    headers.get(keys, FCM, now=NOW)
    early = NOW - 20 * 3600 * 1000
    expires = claims(headers.get(keys, FCM, now=early))["exp"]
    assert expires == early // 1000 + LIFE_S


def test_merchants_do_not_share_tokens() -> None:
    headers = VapidHeaders()
    one, two = make_keys(SUBJECT), make_keys(SUBJECT)
    assert headers.get(one, FCM, now=NOW) != headers.get(two, FCM, now=NOW)
    assert headers.signed == 2


def test_the_kept_tokens_are_bounded() -> None:
    headers, keys = VapidHeaders(), load_keys(PRIVATE, SUBJECT)
    for n in range(MAX_TOKENS + 1):
        headers.get(keys, f"https://x{n}.push.apple.com", now=NOW)
    headers.get(keys, f"https://x{MAX_TOKENS}.push.apple.com", now=NOW)
    assert headers.signed == MAX_TOKENS + 1
    headers.get(keys, "https://x0.push.apple.com", now=NOW)
    assert headers.signed == MAX_TOKENS + 2
