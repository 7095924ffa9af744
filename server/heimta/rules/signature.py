"""The signature between a shop's back end and the edge.

`Heimta-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "<t>." + body)>`; the time is signed so
that an old request cannot be played again. More than one v1 may be given while a secret is changed.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256

TOLERANCE_S = 300


def sign(secret: str, body: bytes, *, now_s: int) -> str:
    mac = hmac.new(secret.encode(), b"%d." % now_s + body, sha256).hexdigest()
    return f"t={now_s},v1={mac}"


def check_plain(secret: str, header: str, body: bytes) -> bool:
    """Whether the header is the body's HMAC-SHA256 in base64, as Shopify and WooCommerce sign. No time is
    signed: an old one may come again, and is known by its order's id.
    """
    wanted = b64encode(hmac.new(secret.encode(), body, sha256).digest())
    return bool(secret) and hmac.compare_digest(wanted, header.strip().encode())


def check(secrets: list[str], header: str, body: bytes, *, now_s: int) -> str | None:
    """None when the signature holds, else what is wrong with it. secrets: all that are valid now."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    macs = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or not macs:
        return "Heimta-Signature must be t=<unix seconds>,v1=<hex>"
    if len(times[0]) > 12 or abs(now_s - int(times[0])) > TOLERANCE_S:
        return f"the signature's time is more than {TOLERANCE_S} s from the server's"
    for secret in secrets:
        wanted = hmac.new(secret.encode(), times[0].encode() + b"." + body, sha256).hexdigest().encode()
        if secret and any(hmac.compare_digest(wanted, mac.encode()) for mac in macs):
            return None
    return "the signature does not match; sign the raw body with the shop's webhook secret"
