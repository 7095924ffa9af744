"""What a push service's answer means: RFC 8030, and what the four big services add to it.

One table, so that a new answer is a new line. Apple answers 201 for a subscription that is
dead too, so `sent` proves nothing there; 90 days without `message_shown` must drop it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from heimta.channels.result import SENT, Delivery, failed, gone

MAX_WAIT_S = 24 * 3600.0  # nobody may ask us to wait for longer than that

_PERMANENT = {
    400: "http_400",  # we sent something malformed
    401: "vapid",  # signature or claims refused
    403: "vapid",  # signed by another key than the subscription was made with
    413: "size",
}
# 406: Windows' service (WNS) says so to who sends too much, with Retry-After.
_PASSING = (406, 408, 425, 429)


def judge(status: int, retry_after: str, *, now: int) -> Delivery:
    """status: HTTP status. retry_after: the header or ''. now: ms since the epoch, UTC."""
    if 200 <= status < 300:
        return SENT
    if status in (404, 410):
        return gone(f"http_{status}")
    if status in _PASSING or status >= 500:
        wait = read_retry_after(retry_after, now=now)
        return failed(f"http_{status}", permanent=False, retry_after_s=wait)
    # A redirect ends here as well: following it would lead past the endpoint check.
    return failed(_PERMANENT.get(status, f"http_{status}"), permanent=True)


def read_retry_after(text: str, *, now: int) -> float | None:
    """Seconds to wait, from delta-seconds or an HTTP-date (RFC 9110 section 10.2.3); None if unreadable."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    seconds = (at - datetime.fromtimestamp(now / 1000, UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_WAIT_S)
