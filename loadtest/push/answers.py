"""Sixteen answers of a push service, and the one right action for each (docs/webpush.md has the table)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from msgspec import Struct

OWN_WAIT_S = 30.0  # how patient we are where nobody asks us to be (worker/tries.py)
ASKED_S = 60
BRIEFLY_S = 5
DATED_S = 45


class Answer(Struct, frozen=True):
    """What is answered to the first try; any later one is taken.

    status: 0 hangs up instead. outcome: the message's last. keeps: whether the subscription stays.
    wait_s: how long the second try has to wait; 0: there must be none.
    """

    name: str
    status: int
    outcome: str
    keeps: bool = True
    wait_s: float = 0.0
    retry_after: str = ""  # `seconds` or `date`, of wait_s

    def headers(self, now_s: float) -> dict[str, str]:
        if self.retry_after == "seconds":
            return {"Retry-After": str(round(self.wait_s))}
        if self.retry_after == "date":  # whole seconds, never too early
            at = datetime.fromtimestamp(now_s + self.wait_s, UTC) + timedelta(milliseconds=999)
            return {"Retry-After": format_datetime(at.replace(microsecond=0), usegmt=True)}
        return {"Location": "http://127.0.0.1:9/elsewhere"} if 300 <= self.status < 400 else {}


ANSWERS = (
    Answer("created", 201, "sent"),
    Answer("accepted", 202, "sent"),
    Answer("moved", 301, "failed"),
    Answer("malformed", 400, "failed"),
    Answer("unsigned", 401, "failed"),
    Answer("forbidden", 403, "failed"),
    Answer("not-found", 404, "gone", keeps=False),
    Answer("gone", 410, "gone", keeps=False),
    Answer("throttled", 406, "sent", wait_s=ASKED_S, retry_after="seconds"),  # by Windows' service
    Answer("too-large", 413, "failed"),
    Answer("limited", 429, "sent", wait_s=ASKED_S, retry_after="seconds"),
    Answer("limited-briefly", 429, "sent", wait_s=BRIEFLY_S, retry_after="seconds"),
    Answer("limited-silently", 429, "sent", wait_s=OWN_WAIT_S),
    Answer("broken", 500, "sent", wait_s=OWN_WAIT_S),
    Answer("unavailable", 503, "sent", wait_s=DATED_S, retry_after="date"),
    Answer("hung-up", 0, "sent", wait_s=OWN_WAIT_S),
)
