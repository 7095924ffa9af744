"""How Twilio and Meta sign what they tell us, as each publishes it: the algorithms are not ours to choose.

Twilio: base64 of HMAC-SHA1 over the address it asked and the form's fields, sorted (docs/usage/security,
"Validating requests"). Meta: `sha256=` and hex of HMAC-SHA256 over the raw body (docs/messenger-platform,
"Validate payloads"). Neither signs a time: what must not be played again is the caller's to know.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1, sha256


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
