"""The address that one message comes back to, so that a bounce says of itself whose it is.

    bounces@shop.example -> bounces+<56 letters>@shop.example

The letters are the visitor, the mark of the address that was written to and the day, sealed (AES-SIV, RFC
5297) with the shop's signing key: a stranger can neither read a visitor's id out of them nor make some up.
Base 32, since a mail server on the way may turn capitals into small letters.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

LETTERS = 56
_FOUND = re.compile(rf"\+([a-z2-7]{{{LETTERS}}})@", re.IGNORECASE)


def make_return(key: str, shop: str, bounces: str, visitor: str, mark: str) -> str:
    """The reverse path of a message. bounces: as in the shop's document. mark: addresses.mark_of.

    A visitor id that no browser of ours made (its 22 letters hold more than 16 bytes) has no such address.
    """
    raw = urlsafe_b64decode(visitor + "==")
    if _text(raw) != visitor:
        return bounces
    sealed = _seal(key, shop).encrypt(raw + bytes.fromhex(mark), None)
    token = b32encode(sealed).decode().rstrip("=").lower()
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{token}@{domain}"


def read_returns(key: str, shop: str, text: str) -> list[tuple[str, str]]:
    """(visitor, mark) of every such address in a text that this shop made; others are passed over."""
    found: dict[tuple[str, str], None] = {}
    for token in _FOUND.findall(text):
        try:
            plain = _seal(key, shop).decrypt(b32decode(token.upper()), None)
        except (InvalidTag, ValueError):
            continue
        found[_text(plain[:16]), plain[16:].hex()] = None
    return list(found)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _seal(key: str, shop: str) -> AESSIV:
    if len(key) < 32:
        raise ValueError(f"the signing key of shop {shop!r} has {len(key)} characters; it needs 32")
    return AESSIV(hashlib.sha512(f"heimta.return.{shop}\n{key}".encode()).digest())
