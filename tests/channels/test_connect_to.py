"""The test-only map of origins: read strictly, applied to whole origins."""

from __future__ import annotations

import pytest

from heimta.channels.connect_to import mapped
from heimta.model.endpoint import parse_connect_to

LOCAL = {"https://jmt17.google.com": "http://127.0.0.1:5002"}


def test_pairs_are_read() -> None:
    text = "https://jmt17.google.com=http://127.0.0.1:5002, https://fcm.googleapis.com=http://127.0.0.1:5002,"
    assert parse_connect_to(text) == {**LOCAL, "https://fcm.googleapis.com": "http://127.0.0.1:5002"}
    assert parse_connect_to("") == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("https://jmt17.google.com", "has no '='"),
        ("https://jmt17.google.com/=http://127.0.0.1:1", "'https://jmt17.google.com/' in"),
        ("https://jmt17.google.com=127.0.0.1:1", "'127.0.0.1:1' in"),
        ("=http://127.0.0.1:1", "'' in"),
        ("https://a.example=http://b.example,https://a.example=http://c.example", "mapped twice"),
    ],
)
def test_what_is_wrong_is_named(text: str, wrong: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_connect_to(text)
    assert wrong in str(error.value)


def test_path_and_query_are_kept() -> None:
    assert mapped("https://jmt17.google.com/fcm/send/a:b?c=%2f", LOCAL) == (
        "http://127.0.0.1:5002/fcm/send/a:b?c=%2f"
    )


def test_other_origins_are_left_alone() -> None:
    assert mapped("https://fcm.googleapis.com/fcm/send/a", LOCAL) is None
