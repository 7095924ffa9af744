"""The `ref` of an m.me link: which visitor opened the conversation, sealed and good for an hour.

Whoever comes through the link gets the visitor's cart at Messenger, so it must not live long enough to be
passed on, and it names nobody to Meta: visitor and time under AES-SIV (RFC 5297), as rules/tokens.py seals.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from heimta.rules.tokens import MIN_KEY

GOOD_MS = 3_600_000
MAX_REF = 200  # characters that are looked at; ours have 62


def _seal(key: str, shop: str) -> AESSIV:
    if len(key) < MIN_KEY:
        raise ValueError(f"the signing key of shop {shop!r} has {len(key)} characters; it needs {MIN_KEY}")
    return AESSIV(hashlib.sha512(f"heimta.messenger.{shop}\n{key}".encode()).digest())


def make_ref(key: str, shop: str, visitor: str, *, now: int) -> str:
    sealed = _seal(key, shop).encrypt(now.to_bytes(8, "big") + visitor.encode(), None)
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def read_ref(key: str, shop: str, ref: str, *, at: int) -> str:
    """The visitor, or '' for what is none of ours, altered, or too old. at: when it was used, ms."""
    if not 0 < len(ref) <= MAX_REF:
        return ""
    try:
        opened = _seal(key, shop).decrypt(urlsafe_b64decode(ref + "=" * (-len(ref) % 4)), None)
        visitor = opened[8:].decode("ascii")
    except (InvalidTag, ValueError):
        return ""
    made = int.from_bytes(opened[:8], "big")
    # Base64 has several spellings of the same bytes; one of them is ours.
    if make_ref(key, shop, visitor, now=made) != ref or not -GOOD_MS < at - made < GOOD_MS:
        return ""
    return visitor
