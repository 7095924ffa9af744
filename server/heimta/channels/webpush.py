"""Web push: one message to one browser, through the merchant's own keys.

Encryption (RFC 8291) is http_ece's, which is what pywebpush encrypts with, the VAPID signature py_vapid's,
HTTP's parser llhttp, over connections that we keep (lines.py). Ours is the judgement: where we may connect,
and what each answer means for the subscription.

Sending the same message twice is harmless: `topic` replaces it at the push service, the
notification's tag in the browser. So a timeout may be tried again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from time import monotonic
from typing import Literal

import http_ece
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives.asymmetric import ec

from heimta.channels.address import AddressRefused, PublicResolver
from heimta.channels.answers import judge
from heimta.channels.connect_to import mapped
from heimta.channels.lines import Lines
from heimta.channels.result import Delivery, failed, gone
from heimta.channels.vapid import VapidHeaders, VapidKeys
from heimta.model.endpoint import check_endpoint, origin_of
from heimta.model.event import Subscription

Urgency = Literal["very-low", "low", "normal", "high"]  # RFC 8030 section 5.3

TIMEOUT_S = 10
POINT, SECRET = 65, 16  # bytes of a browser's keys (RFC 8291): a point of P-256 in full, what nobody else has
MAX_CLEARTEXT = 3993  # RFC 8291 section 4: one record of 4,096 bytes, less header, padding and tag
_CURVE = ec.SECP256R1()
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")  # RFC 8030 section 5.4


def topic_of(message: str) -> str:
    """The Topic of a message id: the id itself when it may be one, else a digest of it."""
    if _TOPIC.match(message):
        return message
    return base64.urlsafe_b64encode(sha256(message.encode()).digest()[:24]).decode()


class WebPush:
    """Holds the connections and the signed headers. Make one a process, `close()` it at the end.

    extra_origins: from HEIMTA_PUSH_ORIGINS, may be http and private. connect_to: from
    HEIMTA_PUSH_CONNECT_TO, for tests. resolver: how names are looked up; a test hands in its own.
    """

    def __init__(
        self,
        *,
        extra_origins: Collection[str] = (),
        connect_to: Mapping[str, str] | None = None,
        resolver: AbstractResolver | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.vapid = VapidHeaders()
        self._extra = frozenset(extra_origins)
        self._connect_to = dict(connect_to or {})
        self._resolver = resolver
        self._timeout_s = timeout_s
        # Two sets of connections, so that a trusted private origin never opens the way for a public name.
        self._public: Lines | None = None
        self._trusted: Lines | None = None

    async def __aenter__(self) -> WebPush:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        for lines in (self._public, self._trusted):
            if lines is not None:
                await lines.close()
        self._public = self._trusted = None

    async def send(
        self,
        subscription: Subscription,
        payload: bytes,
        *,
        topic: str,
        ttl_s: int,
        urgency: Urgency,
        keys: VapidKeys,
        now: int,
    ) -> Delivery:
        """Encrypt and send. Everything that goes wrong outside is a Delivery, never an exception.

        topic: a later message of the same topic replaces one that waits; '' for none. See topic_of.
        ttl_s: how long the push service keeps it for a browser that is away. now: ms, UTC.
        """
        if topic and not _TOPIC.match(topic):
            raise ValueError(f"topic {topic!r} is not 1 to 32 characters of base64url; use topic_of")
        if ttl_s < 0:
            raise ValueError(f"ttl_s is {ttl_s}; it cannot be negative")
        if check_endpoint(subscription.endpoint, extra_origins=self._extra) is not None:
            return failed("endpoint", permanent=True)  # kept: the operator may add the origin again
        if not 0 < len(payload) <= MAX_CLEARTEXT:
            return failed("size", permanent=True)
        try:
            body = _encrypt(subscription, payload)
        except ValueError:
            return gone("keys")  # not a P-256 point, or no base64: no message can ever reach it
        origin = origin_of(subscription.endpoint)
        headers = {
            "User-Agent": "heimta",
            "Accept": "*/*",
            "Authorization": self.vapid.get(keys, origin, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s),
            "Urgency": urgency,
        }
        if topic:
            headers["Topic"] = topic
        return await self._post(subscription.endpoint, origin, body, headers, now)

    async def _post(
        self, endpoint: str, origin: str, body: bytes, headers: dict[str, str], now: int
    ) -> Delivery:
        target = mapped(endpoint, self._connect_to)
        lines = self._lines(is_trusted=target is not None or origin in self._extra)
        to = origin if target is None else origin_of(target)
        began = monotonic()
        try:
            answer = await lines.post(to, endpoint[len(origin) :], headers, body)
        except TimeoutError:
            return failed("timeout", permanent=False)
        except AddressRefused:
            return failed("address", permanent=False)  # a DNS fault may pass; nothing was connected
        except OSError:
            return failed("connection", permanent=False)
        # A date to wait for counts from now, and the answer may have taken seconds.
        now += round((monotonic() - began) * 1000)
        return judge(answer.status, answer.retry_after, now=now)

    def _lines(self, *, is_trusted: bool) -> Lines:
        if is_trusted:
            self._trusted = self._trusted or Lines(ThreadedResolver(), timeout_s=self._timeout_s)
            return self._trusted
        if self._public is None:
            self._public = Lines(self._resolver or PublicResolver(), timeout_s=self._timeout_s)
        return self._public


def _encrypt(subscription: Subscription, payload: bytes) -> bytes:
    """As pywebpush does, by the same call of the same library, with what it does around it left out: a copy
    of the subscription and a key put into bytes that nobody reads, a third of its time. Raises ValueError.
    """
    point, secret = _unb64(subscription.keys.p256dh), _unb64(subscription.keys.auth)
    if len(point) != POINT or len(secret) != SECRET:
        raise ValueError("not the keys of a browser")
    fresh = ec.generate_private_key(_CURVE)  # for this message alone
    return bytes(
        http_ece.encrypt(payload, private_key=fresh, dh=point, auth_secret=secret, version="aes128gcm")
    )


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
