"""Tokens for links that leave the house: restore links, the preference link in each message, and the links
that a survey's question is answered by, or a yes to e-mail confirmed.

A restore token names a row that only the server has; it carries no visitor, no cart and no person. The
signature covers shop, purpose and time, and is always checked (an absent or empty key is an error,
never a pass). Where each letter is paid for (SMS) the row's own name is the secret, 80 random bits that stand
in the store for as long as the link is good: `<shop>_<partition><row>`, 60 letters less.

A preference token must be good for as long as anybody may find the message, so it needs no row and has no
end: it is the visitor's id, in a mail with the address's hub, sealed (AES-SIV, RFC 5297: one visitor, one
token; no byte of it can be altered).
What it opens is whether and how often one is written to, and nothing else.

A survey's token is sealed the same way, with the survey and the end of its time in it: there is no row to
forget, and whoever reads along learns neither who was asked nor what for.

A confirmation's is sealed too: the visitor for whom the yes was typed, the address's hub, the end of its
time. It proves that somebody reads what goes to that address, so it stands nowhere but in that mail.

A way's token is an address, sealed: a push may lead to the edge alone, and the edge leads on.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from itsdangerous import BadSignature, SignatureExpired, Signer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from msgspec import json

RESTORE_AGE_S = 7 * 24 * 3600
ANSWER_AGE_MS = 30 * 24 * 3_600_000
CONFIRM_AGE_MS = 7 * 24 * 3_600_000
SHORT_ROW = 14  # letters; the rows that signed tokens name have 22
_SHORT = re.compile(rf"[a-z0-9][a-z0-9-]{{0,31}}_([0-9a-f]{{2}})([A-Za-z0-9_-]{{{SHORT_ROW}}})\Z")
MIN_KEY = 32  # characters
SHOPS = 256  # whose keys are kept as they are used: to make one of a secret costs as much as to sign with it


class BadToken(ValueError):
    """Not ours, altered, or for another shop or purpose."""


class ExpiredToken(ValueError):
    """Ours, and too old."""


def _check(key: str, shop: str) -> None:
    if len(key) < MIN_KEY:
        raise ValueError(f"the signing key of shop {shop!r} has {len(key)} characters; it needs {MIN_KEY}")


def _serializer(key: str, shop: str) -> URLSafeTimedSerializer:
    _check(key, shop)
    return URLSafeTimedSerializer(key, salt=f"heimta.restore.{shop}")


@lru_cache(maxsize=SHOPS)
def _signer(key: str, shop: str) -> Signer:
    return _serializer(key, shop).make_signer()


def make_restore(key: str, shop: str, partition: int, row: str) -> str:
    """A token for `/r/{token}`: `<shop>.<signed [partition, row]>`."""
    # As the serializer's dumps, which makes a signer each time and tries whether zlib makes it shorter: it
    # cannot, and costs more than the signature.
    signed = _signer(key, shop).sign(base64_encode(json.encode([partition, row])))
    return f"{shop}.{signed.decode()}"


def make_short(shop: str, partition: int, row: str) -> str:
    """A short token for `/r/{token}`. row: SHORT_ROW random letters of base64url."""
    if len(row) != SHORT_ROW:
        raise ValueError(f"the row of a short token has {len(row)} letters; it needs {SHORT_ROW}")
    return f"{shop}_{partition:02x}{row}"


def shop_of(token: str) -> str:
    """The shop a token says it is of; unchecked, only to find the key with."""
    return re.split("[._]", token, maxsplit=1)[0]


def read_restore(key: str, token: str, *, max_age_s: int = RESTORE_AGE_S) -> tuple[int, str]:
    """(partition, row) of a restore token. Raises BadToken or ExpiredToken.

    That a short token is good, the store alone says: whether there is such a row.
    """
    if short := _SHORT.match(token):
        return int(short[1], 16), short[2]
    shop, _, signed = token.partition(".")
    if not _is_spelled_once(signed.rpartition(".")[2]):
        raise BadToken("the link was altered")
    try:
        value = _serializer(key, shop).loads(signed, max_age=max_age_s)
    except SignatureExpired:
        raise ExpiredToken("the link is older than 7 days") from None
    except BadSignature:
        raise BadToken("the link was not made by this shop") from None
    partition, row = value
    return int(partition), str(row)


def _is_spelled_once(signature: str) -> bool:
    """Base64 has several spellings of the same bytes; all but ours were altered."""
    try:
        raw = urlsafe_b64decode(f"{signature}{'=' * (-len(signature) % 4)}")
    except ValueError:
        return False
    return urlsafe_b64encode(raw).decode().rstrip("=") == signature


@lru_cache(maxsize=SHOPS)
def _seal(key: str, shop: str, purpose: str) -> AESSIV:
    _check(key, shop)
    return AESSIV(hashlib.sha512(f"heimta.{purpose}.{shop}\n{key}".encode()).digest())


def _sealed(key: str, shop: str, purpose: str, words: str) -> str:
    sealed = _seal(key, shop, purpose).encrypt(words.encode(), None)
    return f"{shop}.{urlsafe_b64encode(sealed).decode().rstrip('=')}"


def _opened(key: str, token: str, purpose: str) -> str:
    """What was sealed. Raises BadToken."""
    shop, _, sealed = token.partition(".")
    seal = _seal(key, shop, purpose)
    try:
        words = seal.decrypt(urlsafe_b64decode(f"{sealed}{'=' * (-len(sealed) % 4)}"), None).decode()
    except (InvalidTag, ValueError):
        raise BadToken("the link was not made by this shop") from None
    # Base64 has several spellings of the same bytes; one of them is ours.
    if _sealed(key, shop, purpose, words) != token:
        raise BadToken("the link was altered")
    return words


def make_preferences(key: str, shop: str, visitor: str, hub: str = "") -> str:
    """A token for `/u/{token}`: `<shop>.<sealed visitor, and hub>`. hub: of the address that the message goes
    to (model/person.py): a stop holds for that address, whatever has become of the visitor since.
    """
    return _sealed(key, shop, "preferences", f"{visitor}\n{hub}" if hub else visitor)


def read_preferences(key: str, token: str) -> tuple[str, str]:
    """(visitor, hub or '') of a preference token. Raises BadToken."""
    visitor, _, hub = _opened(key, token, "preferences").partition("\n")
    return visitor, hub


def make_answer(key: str, shop: str, visitor: str, survey: str, *, now: int) -> str:
    """A token for `/a/{token}`, good for ANSWER_AGE_MS: `<shop>.<sealed visitor, end, survey>`. now: ms."""
    return _sealed(key, shop, "answer", f"{visitor}\n{now + ANSWER_AGE_MS}\n{survey}")


def read_answer(key: str, token: str, *, now: int) -> tuple[str, str]:
    """(visitor, survey) of a survey's token. Raises BadToken or ExpiredToken."""
    visitor, until, survey = _opened(key, token, "answer").split("\n")
    if int(until) <= now:
        raise ExpiredToken("the link is older than 30 days")
    return visitor, survey


def make_confirm(key: str, shop: str, visitor: str, hub: str, *, now: int) -> str:
    """A token for `/c/{token}`, good for CONFIRM_AGE_MS: `<shop>.<sealed visitor, hub, end>`. now: ms."""
    return _sealed(key, shop, "confirm", f"{visitor}\n{hub}\n{now + CONFIRM_AGE_MS}")


def read_confirm(key: str, token: str, *, now: int) -> tuple[str, str, int]:
    """(visitor, hub, when it was made, ms) of a confirmation's token. Raises BadToken or ExpiredToken."""
    visitor, hub, until = _opened(key, token, "confirm").split("\n")
    if int(until) <= now:
        raise ExpiredToken("the link is older than 7 days")
    return visitor, hub, int(until) - CONFIRM_AGE_MS


def make_way(key: str, shop: str, address: str) -> str:
    """A token for `/r/to/{token}`: `<shop>.<sealed address>`."""
    return _sealed(key, shop, "way", address)


def read_way(key: str, token: str) -> str:
    """The address of a way's token. Raises BadToken."""
    return _opened(key, token, "way")
