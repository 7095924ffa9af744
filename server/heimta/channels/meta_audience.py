"""Meta's custom audiences: take people in and let them go, by hashed keys.

POST adds, DELETE removes, up to 10,000 rows a request, all requests of one upload under one session; both
may be said twice. Faults stand in the body as `error` with a code, how long to wait in a header, in minutes.
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences
https://developers.facebook.com/docs/marketing-api/reference/custom-audience/users
https://developers.facebook.com/docs/marketing-api/error-reference
https://developers.facebook.com/docs/graph-api/guides/error-handling
https://developers.facebook.com/docs/graph-api/overview/rate-limiting

There is a third request, `usersreplace`, which takes a whole list in place of the last. It is not used: while
it runs, up to 90 minutes, nobody may be added or removed, so an order could not take its buyer out.

Meta needs up to 24 hours until its ads follow; what is within seconds is that it was told.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from heimta.channels.answers import MAX_WAIT_S
from heimta.channels.appsecret_proof import appsecret_proof
from heimta.channels.outside import Answer, Outside, read
from heimta.channels.result import SENT, Delivery, failed

URL = "https://graph.facebook.com"
VERSION = "v25.0"
ROWS = 10_000  # of one request
PATIENCE_S = 20.0  # for each request
MAX_ANSWER = 65_536  # bytes of an answer that are read
SCHEMA = ("EMAIL", "PHONE")

# Errors that time mends. Codes 80000 to 80014 are limits of a business use case; 80003 is custom audiences'.
_PASSING = {1, 2, 4, 17, 32, 341, 368, 613, *range(80_000, 80_015)}
_NAMED = {3: "permission", 10: "permission", 102: "token", 190: "token", 2635: "version", 2655: "terms"}
_PERMISSIONS = range(200, 300)  # a code for each permission
_BLOCKED = 1_713_230  # subcode: the audience was flagged (operation_status 471)
_NOT_THERE = 33  # subcode: no such audience, or not for this token
_NOT_UPDATED = 2650
_UPDATING = 1_870_145  # its subcode: somebody's `usersreplace` is not over
# Subcodes of 200, which is a permission's code else.
_TOLD_APART = {1_870_034: "terms", 1_870_047: "too_small"}


class _Error(Struct, frozen=True):
    code: int = 0
    error_subcode: int = 0
    is_transient: bool = False


class _Answer(Struct, frozen=True):
    """num_received: rows taken. num_invalid_entries: of them, those that are no hash."""

    num_received: int = 0
    num_invalid_entries: int = 0
    error: _Error | None = None


class Told(Struct, frozen=True):
    """How far a telling came: the first `count` keys were taken. invalid: of them, refused as no hash."""

    count: int
    delivery: Delivery
    invalid: int = 0


class MetaAudience:
    """Make one a process, `close()` it at the end, and with it its way outside."""

    def __init__(self, outside: Outside, *, rows: int = ROWS) -> None:
        self._outside = outside
        self._rows = rows

    async def close(self) -> None:
        await self._outside.close()

    async def tell(
        self,
        url: str,
        audience: str,
        token: str,
        keys: Sequence[str],
        *,
        adds: bool,
        app_secret: str = "",
        now: int,
    ) -> Told:
        """Take people in, or let them go. Whatever goes wrong outside is a Delivery, never an exception.

        url: https://graph.facebook.com. keys: model.audience.keys_of. app_secret: of the token's app. now:
        ms, for waits that name a date.
        """
        # In the body: addresses are logged on the way.
        login = {"access_token": token}
        if app_secret:
            login["appsecret_proof"] = appsecret_proof(token, app_secret)
        upload = secrets.randbits(62) + 1  # 64 bits with a sign, and not 0
        done = invalid = 0
        for number, start in enumerate(range(0, len(keys), self._rows), 1):
            part = keys[start : start + self._rows]
            session = {
                "session_id": upload,
                "batch_seq": number,
                "last_batch_flag": start + len(part) == len(keys),
                "estimated_num_total": len(keys),
            }
            form = {
                **login,
                "session": _json(session),
                "payload": _json({"schema": SCHEMA, "is_raw": True, "data": [_row(key) for key in part]}),
            }
            delivery, answer = await self._ask(url, audience, form, adds=adds, now=now)
            if delivery is not SENT:
                return Told(done, delivery, invalid)
            done += len(part)
            invalid += answer.num_invalid_entries
        return Told(done, SENT, invalid)

    async def _ask(
        self, url: str, audience: str, form: dict[str, str], *, adds: bool, now: int
    ) -> tuple[Delivery, _Answer]:
        answer = await self._outside.ask(
            "POST" if adds else "DELETE",
            f"{url.rstrip('/')}/{VERSION}/{audience}/users",
            urlencode(form).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
            now=now,
            most=MAX_ANSWER,
            patience_s=PATIENCE_S,
        )
        if isinstance(answer, Answer):
            return _judge(answer)
        # Harmless to say again.
        told = failed(answer.reason, permanent=False) if answer.outcome == "unknown" else answer
        return told, _Answer()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _row(key: str) -> list[str]:
    """One person by one key: what is unknown stays empty."""
    return [key[1:], ""] if key[0] == "e" else ["", key[1:]]


def _judge(reply: Answer) -> tuple[Delivery, _Answer]:
    answer = read(reply.body, _answer)
    wait_s = _regain_s(reply.headers.get("X-Business-Use-Case-Usage", ""))
    if wait_s is None:
        wait_s = reply.retry_after_s
    if answer is None or (answer.error is None and not 200 <= reply.status < 300):
        passing = reply.status >= 500 or reply.status in (408, 425, 429) or 200 <= reply.status < 300
        return failed(f"http_{reply.status}", permanent=not passing, retry_after_s=wait_s), _Answer()
    if answer.error is None:
        return SENT, answer
    return _fault(answer.error, wait_s), answer


def _fault(error: _Error, wait_s: float | None) -> Delivery:
    if error.code in _PASSING or error.is_transient:
        return failed(f"meta_{error.code}", permanent=False, retry_after_s=wait_s)
    if error.error_subcode == _BLOCKED:
        return failed("blocked", permanent=True)
    if error.error_subcode == _NOT_THERE:
        return failed("no_such_audience", permanent=True)
    if error.code == _NOT_UPDATED:
        is_passing = error.error_subcode == _UPDATING
        return failed("updating" if is_passing else "not_updated", permanent=not is_passing)
    if error.code in _PERMISSIONS:
        return failed(_TOLD_APART.get(error.error_subcode, "permission"), permanent=True)
    return failed(_NAMED.get(error.code, f"meta_{error.code}"), permanent=True)


class _Usage(Struct, frozen=True):
    estimated_time_to_regain_access: float = 0


_answer = msgspec.json.Decoder(_Answer)
_usage = msgspec.json.Decoder(dict[str, list[_Usage]])


def _regain_s(header: str) -> float | None:
    """Seconds until Meta listens again, by its own estimate; None if it names none."""
    told = read(header, _usage) or {}
    minutes = max((use.estimated_time_to_regain_access for uses in told.values() for use in uses), default=0)
    return min(minutes * 60, MAX_WAIT_S) if minutes > 0 else None
