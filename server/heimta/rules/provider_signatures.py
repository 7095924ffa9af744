"""How providers sign what they tell us, as each publishes it: the algorithms are not ours to choose.

Twilio: base64 of HMAC-SHA1 over the address it asked and the form's fields, sorted (docs/usage/security,
"Validating requests"). Meta: `sha256=` and hex of HMAC-SHA256 over the raw body (docs/messenger-platform,
"Validate payloads"). Neither signs a time: what must not be played again is the caller's to know.

Mailgun: hex of HMAC-SHA256 over timestamp and token, not over the event (documentation.mailgun.com, "Securing
webhooks"), so it proves the sender and no more: a token is good once (edge/bounces.py). SendGrid: ECDSA on
P-256 over timestamp and raw body, to be checked with the public key it shows (twilio.com, "Event Webhook
Security Features"). Postmark and Amazon SNS log in, with the name and password of the address they were given
(RFC 7617). Each has a secret of its own: a public key must never be taken for a shared one.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha1, sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

OLDEST_S = 24 * 3600  # providers try again for a day; what is told again changes nothing
AHEAD_S = 300


def twilio(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """fields: names and values as sent; a name that comes twice counts with each of its values once."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return b64encode(hmac.new(token.encode(), signed.encode(), sha1).digest()).decode()


def is_twilios(token: str, header: str, urls: Iterable[str], fields: list[tuple[str, str]]) -> bool:
    """urls: what the address may have been, as seen from outside. An empty token is never good."""
    told = header.encode()
    # All of them, so that the time taken tells nothing of which.
    right = [hmac.compare_digest(twilio(token, url, fields).encode(), told) for url in urls]
    return bool(token) and any(right)


def meta(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def is_metas(secret: str, header: str, body: bytes) -> bool:
    """An empty secret is never good."""
    return bool(secret) and hmac.compare_digest(meta(secret, body).encode(), header.encode())


def mailgun(key: str, timestamp: str, token: str) -> str:
    return hmac.new(key.encode(), f"{timestamp}{token}".encode(), sha256).hexdigest()


def is_mailguns(key: str, timestamp: str, token: str, signature: str, *, now_s: int) -> bool:
    """An empty key is never good, nor a time that is long past."""
    right = hmac.compare_digest(mailgun(key, timestamp, token).encode(), signature.encode())
    return bool(key) and bool(token) and right and _is_timely(timestamp, now_s)


def is_sendgrids(key: str, signature: str, timestamp: str, body: bytes, *, now_s: int) -> bool:
    """key: the public one as SendGrid shows it, DER in base64."""
    try:
        public = load_der_public_key(b64decode(key, validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        signed = b64decode(signature, validate=True)
        public.verify(signed, timestamp.encode() + body, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return _is_timely(timestamp, now_s)


def is_login(wanted: str, header: str) -> bool:
    """wanted: `name:password`; an empty one is never good. header: Authorization."""
    scheme, _, told = header.partition(" ")
    right = hmac.compare_digest(b64encode(wanted.encode()), told.strip().encode())
    return ":" in wanted and scheme.lower() == "basic" and right


def _is_timely(timestamp: str, now_s: int) -> bool:
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    return is_number and now_s - OLDEST_S <= int(timestamp) <= now_s + AHEAD_S
