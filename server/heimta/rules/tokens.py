"""Signed tokens for links that leave the house: restore links now.

A token names a row that only the server has; it carries no visitor, no cart and no person. The
signature covers shop, purpose and time, and is always checked (an absent or empty key is an error,
never a pass).
"""

from __future__ import annotations

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

RESTORE_AGE_S = 7 * 24 * 3600
MIN_KEY = 32  # characters


class BadToken(ValueError):
    """Not ours, altered, or for another shop or purpose."""


class ExpiredToken(ValueError):
    """Ours, and too old."""


def _serializer(key: str, shop: str) -> URLSafeTimedSerializer:
    if len(key) < MIN_KEY:
        raise ValueError(f"the signing key of shop {shop!r} has {len(key)} characters; it needs {MIN_KEY}")
    return URLSafeTimedSerializer(key, salt=f"heimta.restore.{shop}")


def make_restore(key: str, shop: str, partition: int, row: str) -> str:
    """A token for `/r/{token}`: `<shop>.<signed [partition, row]>`."""
    signed = _serializer(key, shop).dumps([partition, row])
    return f"{shop}.{signed}"


def shop_of(token: str) -> str:
    """The shop a token says it is of; unchecked, only to find the key with."""
    return token.partition(".")[0]


def read_restore(key: str, token: str, *, max_age_s: int = RESTORE_AGE_S) -> tuple[int, str]:
    """(partition, row) of a restore token. Raises BadToken or ExpiredToken."""
    shop, _, signed = token.partition(".")
    try:
        value = _serializer(key, shop).loads(signed, max_age=max_age_s)
    except SignatureExpired:
        raise ExpiredToken("the link is older than 7 days") from None
    except BadSignature:
        raise BadToken("the link was not made by this shop") from None
    partition, row = value
    return int(partition), str(row)
