"""Web push: one message to one browser, through the merchant's own keys.

Encryption (RFC 8291) is pywebpush's, the VAPID signature py_vapid's, transport aiohttp's
(a fortieth of the CPU of the blocking transport that pywebpush would use). Ours is the
judgement: where we may connect, and what each answer means for the subscription.

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

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from pywebpush import WebPusher, WebPushException
from yarl import URL

from heimta.channels.address import AddressRefused, PublicResolver
from heimta.channels.answers import judge
from heimta.channels.connect_to import mapped
from heimta.channels.places import Full, Places
from heimta.channels.result import BUSY, Delivery, failed, gone
from heimta.channels.vapid import VapidHeaders, VapidKeys
from heimta.model.endpoint import check_endpoint, origin_of
from heimta.model.event import Subscription

Urgency = Literal["very-low", "low", "normal", "high"]  # RFC 8030 section 5.3

TIMEOUT_S = 10
MAX_ANSWER = 4096  # bytes of an answer that are read, so that the connection can be used again
MAX_CLEARTEXT = 3993  # RFC 8291 section 4: one record of 4,096 bytes, less header, padding and tag
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")  # RFC 8030 section 5.4


def topic_of(message: str) -> str:
    """The Topic of a message id: the id itself when it may be one, else a digest of it."""
    if _TOPIC.match(message):
        return message
    return base64.urlsafe_b64encode(sha256(message.encode()).digest()[:24]).decode()


class WebPush:
    """Holds the connections and the signed headers. Make one a process, `close()` it at the end.

    extra_origins: from HEIMTA_PUSH_ORIGINS, may be http and private. connect_to: from
    HEIMTA_PUSH_CONNECT_TO, for tests. resolver: how names are looked up; a test hands in its own, and its
    own places: one push service that hangs holds up no other's.
    """

    def __init__(
        self,
        *,
        extra_origins: Collection[str] = (),
        connect_to: Mapping[str, str] | None = None,
        resolver: AbstractResolver | None = None,
        timeout_s: float = TIMEOUT_S,
        places: Places | None = None,
    ) -> None:
        self._places = places or Places()
        self.vapid = VapidHeaders()
        self._extra = frozenset(extra_origins)
        self._connect_to = dict(connect_to or {})
        self._resolver = resolver
        self._timeout = ClientTimeout(total=timeout_s)
        # Two sets of connections, so that a trusted private origin never opens the way for a public name.
        self._public: ClientSession | None = None
        self._trusted: ClientSession | None = None

    async def __aenter__(self) -> WebPush:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        for session in (self._public, self._trusted):
            if session is not None:
                await session.close()
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
        except (WebPushException, ValueError, IndexError):
            return gone("keys")  # not a P-256 point, or no base64: no message can ever reach it
        headers = {
            "Authorization": self.vapid.get(keys, origin_of(subscription.endpoint), now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s),
            "Urgency": urgency,
        }
        if topic:
            headers["Topic"] = topic
        try:
            async with self._places.at(origin_of(subscription.endpoint)):
                return await self._post(subscription.endpoint, body, headers, now)
        except Full:
            return failed(BUSY, permanent=False)

    async def _post(self, endpoint: str, body: bytes, headers: dict[str, str], now: int) -> Delivery:
        target = mapped(endpoint, self._connect_to)
        trusted = target is not None or origin_of(endpoint) in self._extra
        session = self._session(trusted)
        # encoded=True: the path goes out byte for byte as it was checked.
        url = URL(target or endpoint, encoded=True)
        began = monotonic()
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                await _drain(answer)
                # A date to wait for counts from now, and the answer may have taken seconds.
                now += round((monotonic() - began) * 1000)
                return judge(answer.status, answer.headers.get("Retry-After", ""), now=now)
        except TimeoutError:
            return failed("timeout", permanent=False)
        except (ClientError, OSError) as error:
            if isinstance(getattr(error, "os_error", None), AddressRefused):
                return failed("address", permanent=False)  # a DNS fault may pass; nothing was connected
            return failed("connection", permanent=False)

    def _session(self, trusted: bool) -> ClientSession:
        if trusted:
            self._trusted = self._trusted or self._open(None)
            return self._trusted
        self._public = self._public or self._open(self._resolver or PublicResolver())
        return self._public

    def _open(self, resolver: AbstractResolver | None) -> ClientSession:
        return ClientSession(
            connector=TCPConnector(limit=0, resolver=resolver, ttl_dns_cache=60),
            timeout=self._timeout,
            cookie_jar=DummyCookieJar(),
            trust_env=False,  # no proxy from the environment: it would connect for us, unchecked
            auto_decompress=False,  # the answer is thrown away; do not unpack a bomb
            headers={"User-Agent": "heimta"},
        )


def _encrypt(subscription: Subscription, payload: bytes) -> bytes:
    keys = {"p256dh": subscription.keys.p256dh, "auth": subscription.keys.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    return bytes(pusher.encode(payload, "aes128gcm")["body"])


async def _drain(answer: ClientResponse) -> None:
    """Read a short answer to its end, so that the connection is kept; hang up on a long one.

    The body is never kept: with a hostile endpoint it could be a page of someone's network.
    """
    left = MAX_ANSWER
    try:
        while left > 0:
            chunk = await answer.content.read(left)
            if not chunk:
                return
            left -= len(chunk)
    except (ClientError, TimeoutError):
        pass  # the status has come, and it alone decides
    answer.close()
