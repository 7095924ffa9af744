"""What a push service asks of whoever sends: RFC 8030's headers and RFC 8292's signature.

Both local services refuse with the status that the real one uses, so a mistake of ours shows
here and not with a merchant.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from py_vapid.jwt import decode

MAX_BODY = 4096
DAY_S = 24 * 3600
HEADER_BYTES = 86  # of aes128gcm: salt, record size, and the 65-byte key with its length


@dataclass
class Push:
    """One POST to an endpoint, and what we answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


def judge_push(
    headers: Mapping[str, str], body: bytes, *, key: str, audiences: set[str], foreign: int = 401
) -> Push:
    """Accept (201) or refuse a push to a subscription that was made with `key`.

    foreign: the status for a good signature by another key; 401 at Mozilla, 403 at Google.
    """
    push = Push(201, dict(headers), body)

    def refuse(status: int, reason: str) -> Push:
        push.status, push.reason = status, reason
        return push

    if len(body) > MAX_BODY:
        return refuse(413, f"{len(body)} bytes")
    if headers.get("content-encoding") != "aes128gcm" or len(body) <= HEADER_BYTES:
        return refuse(400, "not aes128gcm")
    if not headers.get("ttl", "").isdigit():
        return refuse(400, "no TTL")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,32}", headers.get("topic", "")):
        return refuse(400, "bad Topic")
    found = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", headers.get("authorization", ""))
    if found is None:
        return refuse(401, "no VAPID")
    token, by = found.groups()
    try:
        push.claims = decode(token, by)
    except InvalidSignature:
        return refuse(401, "bad signature")
    if json.loads(_unb64(token.split(".")[0])).get("alg") != "ES256":
        return refuse(401, "not ES256")
    if push.claims.get("aud") not in audiences:
        return refuse(401, f"aud is {push.claims.get('aud')}")
    if not 0 < push.claims.get("exp", 0) - time.time() <= DAY_S:
        return refuse(401, "exp is past or more than a day away")
    if not str(push.claims.get("sub", "")).startswith(("mailto:", "https://")):
        return refuse(401, "no sub")
    if _unb64(by) != _unb64(key):
        return refuse(foreign, "another key than the subscription's")
    return push


def flip_a_bit(body: bytes) -> bytes:
    """One wrong bit in the ciphertext; header and length stay right."""
    at = HEADER_BYTES + 5
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "==")
