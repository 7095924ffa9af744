"""Every answer of a push service leads to exactly one action."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimta.channels.answers import MAX_WAIT_S, judge, read_retry_after
from heimta.channels.result import SENT, Delivery, failed, gone

NOW = 1_763_760_000_000  # Fri, 21 Nov 2025 21:20:00 GMT

TABLE: dict[int, Delivery] = {
    200: SENT,
    201: SENT,
    202: SENT,
    204: SENT,
    301: failed("http_301", permanent=True),
    302: failed("http_302", permanent=True),
    307: failed("http_307", permanent=True),
    400: failed("http_400", permanent=True),
    401: failed("vapid", permanent=True),
    403: failed("vapid", permanent=True),
    404: gone("http_404"),
    405: failed("http_405", permanent=True),
    408: failed("http_408", permanent=False),
    410: gone("http_410"),
    413: failed("size", permanent=True),
    415: failed("http_415", permanent=True),
    429: failed("http_429", permanent=False),
    500: failed("http_500", permanent=False),
    502: failed("http_502", permanent=False),
    503: failed("http_503", permanent=False),
    504: failed("http_504", permanent=False),
}


@pytest.mark.parametrize("status", TABLE)
def test_an_answer_has_one_meaning(status: int) -> None:
    assert judge(status, "", now=NOW) == TABLE[status]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Fri, 21 Nov 2025 21:21:30 GMT", 90.0),
        ("Friday, 21-Nov-25 21:21:30 GMT", 90.0),
        ("Fri Nov 21 21:21:30 2025", 90.0),
        ("Fri, 21 Nov 2025 20:00:00 GMT", 0.0),
        ("99999999", MAX_WAIT_S),
        ("9" * 400, MAX_WAIT_S),
        ("Fri, 21 Nov 2031 21:21:30 GMT", MAX_WAIT_S),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u0661\u0662", None),
        ("Fri, 21 Nov 99999999999999999999 21:21:30 GMT", None),
    ],
)
def test_how_long_to_wait(header: str, seconds: float | None) -> None:
    assert read_retry_after(header, now=NOW) == seconds
    assert judge(503, header, now=NOW).retry_after_s == seconds


@given(st.text(max_size=60))
def test_no_header_breaks_the_sender(header: str) -> None:
    wait = read_retry_after(header, now=NOW)
    assert wait is None or 0 <= wait <= MAX_WAIT_S


def test_a_wait_is_only_for_what_passes() -> None:
    assert judge(201, "60", now=NOW).retry_after_s is None
    assert judge(410, "60", now=NOW).retry_after_s is None
