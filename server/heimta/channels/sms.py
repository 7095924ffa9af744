"""SMS: one message through a gateway that speaks Twilio's REST API.

`POST /2010-04-01/Accounts/{account}/Messages.json`, HTTP Basic; a form of To, From or
MessagingServiceSid, and Body. The API has no idempotency key, so whoever asks has noted before that it was
asked (Message.begun_at), and an answer that leaves open whether a message went out is `unknown`: it is
never sent again.

Sources: twilio.com/docs/messaging/api/message-resource (request, 201), twilio.com/docs/usage/twilios-response
(errors as `{"code", "message", "more_info", "status"}`), twilio.com/docs/api/errors (20429: "never processed
and always safe to retry"; 21610, 21614, ...), docs/email/api/errors there (500: do not retry, 503: after
Retry-After).
"""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

import msgspec

from heimta.channels.outside import Answer, Outside, read
from heimta.channels.result import FULL_S, MOMENT_S, SENT, Delivery, away, failed, gone, unknown
from heimta.model.providers.sms import Sms

MAX_BODY = 1600  # characters; the API refuses more (21617)

# The number itself: no message will ever arrive there.
_DEAD = {
    21211: "number", 21214: "number", 21217: "number", 21265: "number", 21268: "number",
    21614: "no_mobile", 21635: "no_mobile",
}  # fmt: skip
OPTED_OUT = "opted_out"  # they sent a stop word, and the gateway knew it before we did
_OPTED_OUT = 21610
# Nothing was taken, and later it will be: the sender's queue is ten hours long, or the account's hour or day
# has had its messages (docs/api/errors/21611, /60728, /63038).
_FULL = frozenset({21611, 60728, 63038})
# Who asks is not let in, whatever the message: a token was changed there, or the account has no money left.
LOGIN = "login"
_LOGINS = frozenset({10001, 20003, 20005, 20008, 90010})
_REASONS = {
    20404: "account", 21408: "country", 21612: "route", 21606: "sender",
    21603: "sender", 21212: "sender", 21703: "sender", 21617: "size", 21602: "empty", 30002: "suspended",
    21659: "sender", 21660: "sender", 21661: "sender",  # since 2024, parts of 21606
    21608: "trial",  # a trial account writes to numbers alone that were confirmed there
}  # fmt: skip


class _Fault(msgspec.Struct):
    code: int = 0


_fault = msgspec.json.Decoder(_Fault)


class SmsGateway:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def knock(self, sms: Sms, token: str, *, now: int) -> Delivery:
        """Whether the gateway knows the login. Nothing is sent; what else it says to the question, as a
        gateway that has no such address, tells nothing of that.
        """
        url = f"{sms.url}/2010-04-01/Accounts/{sms.account}.json"
        answer = await self._outside.ask("GET", url, b"", _headers(sms, token), now=now)
        if not isinstance(answer, Answer):
            return answer
        return away(LOGIN) if _is_login(answer.status, _code(answer.body)) else SENT

    async def send(
        self, sms: Sms, token: str, *, to: str, body: str, status_url: str = "", now: int
    ) -> Delivery:
        """to: E.164. status_url: where the gateway tells what became of it. Everything that goes wrong
        outside is a Delivery, never an exception.
        """
        if not 0 < len(body) <= MAX_BODY:
            return failed("size", permanent=True)
        sender = "MessagingServiceSid" if _is_service(sms.sender) else "From"
        form = {"To": to, sender: sms.sender, "Body": body}
        if status_url:
            form["StatusCallback"] = status_url
        headers = {**_headers(sms, token), "Content-Type": "application/x-www-form-urlencoded"}
        url = f"{sms.url}/2010-04-01/Accounts/{sms.account}/Messages.json"
        answer = await self._outside.post(url, urlencode(form).encode(), headers, now=now)
        return judge(answer) if isinstance(answer, Answer) else answer


def judge(answer: Answer) -> Delivery:
    """What the gateway's answer means."""
    status = answer.status
    if 200 <= status < 300:
        return SENT
    code = _code(answer.body)
    if code in _FULL:  # before the status: 63038 comes with a 429 too
        return away("limit", max(answer.retry_after_s or 0, FULL_S))
    if status == 429 or code == 20429:
        # More at once than it takes: of a thousand that are due, most would soon have no try left.
        return away("rate", MOMENT_S if answer.retry_after_s is None else answer.retry_after_s)
    if status == 503 and answer.retry_after_s is not None:
        return failed("http_503", permanent=False, retry_after_s=answer.retry_after_s)
    if status >= 500:
        return unknown(f"http_{status}")
    if code == _OPTED_OUT:
        return gone(OPTED_OUT)
    if code in _DEAD:
        return gone(_DEAD[code])
    if _is_login(status, code):
        return away(LOGIN)
    return failed(_REASONS.get(code, f"http_{status}"), permanent=True)


def _is_login(status: int, code: int) -> bool:
    return status == 401 or code in _LOGINS


def _headers(sms: Sms, token: str) -> dict[str, str]:
    login = b64encode(f"{sms.account}:{token}".encode()).decode()
    return {"Authorization": f"Basic {login}", "Accept": "application/json"}


def _code(body: bytes) -> int:
    told = read(body, _fault)
    return 0 if told is None else told.code


def _is_service(sender: str) -> bool:
    return len(sender) == 34 and sender.startswith("MG")
