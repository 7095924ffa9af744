"""The merchant's own VAPID keys (RFC 8292), and the header they sign.

A key pair names the sender to every push service: a subscription made with one public key
takes pushes only from it, so the pair is made once and kept. Signing is py_vapid's.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct
from py_vapid import Vapid02

LIFE_S = 12 * 3600  # of a token; RFC 8292 allows 24 h, and half of it forgives a wrong clock
RENEW_S = 3600  # a token with less than this left is made anew
MAX_TOKENS = 1000  # one a push origin and merchant; the oldest goes first

# py_vapid's own check refuses https://shop.example/contact, which RFC 8292 allows.
_SUBJECT = re.compile(
    r"(?:mailto:[^@\s]+@[^@\s]+|https://[a-z0-9][a-z0-9.-]*(?:[/?#:]\S*)?)\Z", re.IGNORECASE
)


class VapidKeys(Struct, frozen=True):
    """One merchant's keys. A Struct's repr would print the secret, so this one says only the public half.

    private: 32 bytes, base64url without padding. public: 65 bytes, likewise; the page subscribes with it.
    subject: `mailto:` or `https:` address at which a push service reaches the merchant.
    """

    private: str
    public: str
    subject: str

    def __repr__(self) -> str:
        return f"VapidKeys(public={self.public!r}, subject={self.subject!r})"


def make_keys(subject: str) -> VapidKeys:
    """A fresh pair."""
    return _keys(ec.generate_private_key(ec.SECP256R1()), subject)


def load_keys(private: str, subject: str) -> VapidKeys:
    """From a private key as PEM or as 32 bytes of base64url. ValueError says what is wrong, not the key."""
    return _keys(_private_key(private), subject)


def _keys(key: ec.EllipticCurvePrivateKey, subject: str) -> VapidKeys:
    if not _SUBJECT.match(subject):
        raise ValueError(
            f"the VAPID subject is {subject!r}; it must be mailto:you@shop.example or https://..."
        )
    private = key.private_numbers().private_value.to_bytes(32, "big")
    public = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return VapidKeys(_b64(private), _b64(public), subject)


def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    wrong = "the VAPID private key must be a P-256 key: PEM, or 32 bytes in base64url (43 characters)"
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(text.encode(), password=None)
        else:
            raw = base64.b64decode(text.strip().rstrip("=") + "=", altchars=b"-_", validate=True)
            if len(raw) != 32:
                raise ValueError(wrong)
            key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValueError(wrong) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(wrong)
    return key


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class VapidHeaders:
    """The Authorization header for a push origin, signed once and kept for hours.

    Signing costs 45 us, a look-up nothing; Apple also asks not to see a new token every time.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], tuple[str, int]] = {}
        self.signed = 0  # signatures made so far

    def get(self, keys: VapidKeys, aud: str, *, now: int) -> str:
        """aud: the endpoint's own origin. now: ms since the epoch, UTC."""
        now_s = now // 1000
        name = (keys.public, keys.subject, aud)
        header, expires_s = self._kept.get(name, ("", 0))
        # Also too far ahead: the clock was set back, and a push service refuses exp > 24 h.
        if not RENEW_S < expires_s - now_s <= LIFE_S:
            expires_s = now_s + LIFE_S
            header = self._sign(keys, {"aud": aud, "exp": expires_s, "sub": keys.subject})
            self._kept.pop(name, None)
            self._kept[name] = (header, expires_s)
            if len(self._kept) > MAX_TOKENS:
                del self._kept[next(iter(self._kept))]
        return header

    def _sign(self, keys: VapidKeys, claims: dict[str, str | int]) -> str:
        self.signed += 1
        signer = Vapid02(_private_key(keys.private), conf={"no-strict": True})  # the subject is checked above
        return str(signer.sign(claims)["Authorization"])
