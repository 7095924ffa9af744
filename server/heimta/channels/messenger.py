"""Messenger: one message from the shop's page to a person who wrote to it, by Meta's Graph API.

`POST /v25.0/{page}/messages`, a page token, `messaging_type: UPDATE`: proactive, and within 24 hours of what
the person did last, where it may advertise. Later nothing goes: journeys/reach.py holds it, and the page
would be told 10/2018278. There is no idempotency key: see sms.py.

Sources: developers.facebook.com/docs/messenger-platform: reference/send-api, send-messages/template/generic
and /button (limits), error-codes, policy; docs/graph-api: overview/rate-limiting (codes, the header
X-Business-Use-Case-Usage).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from heimta.channels.appsecret_proof import appsecret_proof
from heimta.channels.outside import Answer, Outside, read
from heimta.channels.result import FULL_S, SENT, Delivery, away, failed, gone, unknown
from heimta.model.providers.facebook import Facebook

VERSION = "v25.0"
WINDOW = "window"  # the 24 hours were over when Meta looked

# (code, subcode or 0 for any) -> what is told of it.
# "This person isn't receiving messages from you right now" (blocked the page, or left Messenger) has three
# codes; two of them are a lacking permission's with any other subcode.
_GONE = {(100, 2018001): "no_person", (551, 0): "left", (10, 2018108): "left", (200, 1545041): "left"}
_LIMITS = frozenset({4, 17, 32, 613, 80006})
TOKEN = "token"  # it ran out, or was taken back: nothing of the page goes until there is a new one
_TOKEN = 190
_PASSING = {1200: "busy"}  # published as "temporary send message failure, try again": it was not sent
_REASONS = {
    (10, 2018278): WINDOW, (10, 2018065): WINDOW, (10, 2534022): WINDOW,
    (10, 2018300): "other_app",  # another app of the page's has the conversation now
    (10, 0): "permission", (200, 0): "permission", (230, 0): "permission", (100, 0): "refused",
    (368, 0): "policy",
}  # fmt: skip


class _Error(msgspec.Struct):
    code: int = 0
    error_subcode: int = 0


class _Refusal(msgspec.Struct):
    error: _Error


class _Usage(msgspec.Struct):
    estimated_time_to_regain_access: float = 0  # minutes


_refusal = msgspec.json.Decoder(_Refusal)
_usage = msgspec.json.Decoder(dict[str, list[_Usage]])
_encode = msgspec.json.Encoder().encode


class Messenger:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def knock(self, facebook: Facebook, token: str, *, app_secret: str = "", now: int) -> Delivery:
        """Whether Meta takes the token; nothing is sent. `me` is the token's own page."""
        url = f"{facebook.url}/{VERSION}/me{_proof(token, app_secret)}"
        answer = await self._outside.ask("GET", url, b"", {"Authorization": f"Bearer {token}"}, now=now)
        if not isinstance(answer, Answer):
            return answer
        error = _read(answer.body)
        return away(TOKEN) if error is not None and error.code == _TOKEN else SENT

    async def send(
        self,
        facebook: Facebook,
        token: str,
        *,
        to: str,
        message: dict[str, Any],
        app_secret: str = "",
        now: int,
    ) -> Delivery:
        """to: the person's id, good for this page only. message: as worker/carriers/messenger.py makes it.

        app_secret: proves that the token was not stolen; an app can be set to ask for it. Everything that
        goes wrong outside is a Delivery, never an exception.
        """
        url = f"{facebook.url}/{VERSION}/{facebook.page}/messages{_proof(token, app_secret)}"
        body = _encode({"recipient": {"id": to}, "messaging_type": "UPDATE", "message": message})
        # The token in a header: addresses are written into logs.
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = await self._outside.post(url, body, headers, now=now)
        return judge(answer) if isinstance(answer, Answer) else answer


def judge(answer: Answer) -> Delivery:
    """What Meta's answer means. Its codes decide, since the HTTP status is 400 or 500 for nearly all."""
    if 200 <= answer.status < 300:
        return SENT
    error = _read(answer.body)
    if error is None:
        if answer.status == 429:
            return failed("http_429", permanent=False, retry_after_s=answer.retry_after_s)
        if answer.status >= 500:
            return unknown(f"http_{answer.status}")
        return failed(f"http_{answer.status}", permanent=True)
    code, subcode = error.code, error.error_subcode
    if reason := _GONE.get((code, subcode)) or _GONE.get((code, 0)):
        return gone(reason)
    if code in _LIMITS or answer.status == 429:
        # Of the app or the page, for an hour mostly, and not every answer says for how long.
        return away("limit", _wait(answer) or FULL_S)
    if code == _TOKEN:
        return away(TOKEN)
    if code in _PASSING:
        return failed(_PASSING[code], permanent=False, retry_after_s=answer.retry_after_s)
    # 1 and 2 are Meta's own trouble; 1/1357046 is known to come after the message went out.
    if code in (1, 2) or answer.status >= 500:
        return unknown(f"meta_{code}")
    known = _REASONS.get((code, subcode)) or _REASONS.get((code, 0))
    return failed(known or f"meta_{code}", permanent=True)


def _proof(token: str, app_secret: str) -> str:
    """The query that shows it; '' where the secret is not known."""
    return f"?appsecret_proof={appsecret_proof(token, app_secret)}" if app_secret else ""


def _read(body: bytes) -> _Error | None:
    told = read(body, _refusal)
    return None if told is None else told.error


def _wait(answer: Answer) -> float | None:
    """Seconds, from Retry-After or from what Meta tells instead."""
    if answer.retry_after_s is not None:
        return answer.retry_after_s
    minutes = _regain(answer.headers)
    return min(minutes * 60, 24 * 3600.0) if minutes > 0 else None


def _regain(headers: Mapping[str, str]) -> float:
    told = next((value for name, value in headers.items() if name.lower() == "x-business-use-case-usage"), "")
    usage = read(told, _usage) or {}
    return max((one.estimated_time_to_regain_access for many in usage.values() for one in many), default=0)
