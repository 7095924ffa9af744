"""What the decoder promises for any bytes: depth, encoding, one kind of error."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.ingest.decode import MAX_DEPTH, BadBody, decode

_any = msgspec.json.Decoder(Any)
TEXT = st.text(max_size=8) | st.sampled_from(["[[{", '"]'])
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXT


def nested(levels: int, leaf: str) -> bytes:
    return b"[" * levels + leaf.encode() + b"]" * levels


INSIDE = ["1", '"]]]]"', '"[[[["', '"\\\\"', '"\\"[["', '"ü"', "[],[],{}", '"' + "[" * 500 + '"']


@pytest.mark.parametrize("leaf", INSIDE)
def test_depth_is_counted_outside_text(leaf: str) -> None:
    levels = MAX_DEPTH - ("[]" in leaf)
    assert decode(_any, nested(levels, leaf)) is not None
    with pytest.raises(BadBody, match="levels deep"):
        decode(_any, nested(levels + 1, leaf))


@settings(max_examples=50, deadline=None)
@given(st.recursive(LEAVES, lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXT, inside)))
def test_whatever_is_json_and_not_deep_is_read_as_it_is(value: object) -> None:
    assert decode(_any, json.dumps(value, ensure_ascii=False).encode()) == value


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_other_bytes_have_one_kind_of_error(body: bytes) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        with pytest.raises(BadBody):
            decode(_any, body)


def escaped_quotes(size: int, end: bytes = b"") -> bytes:
    return b"[" * (MAX_DEPTH + 1) + b'"' + b'\\"' * (size // 2) + end


def judged_s(body: bytes) -> float:
    """The quickest of three: what other processes take is not the decoder's."""
    tries = []
    for _ in range(3):
        began = perf_counter()
        with pytest.raises(BadBody, match="levels deep"):
            decode(_any, body)
        tries.append(perf_counter() - began)
    return min(tries)


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_text_that_never_closes_costs_no_more_than_text_that_does(end: bytes) -> None:
    for size in (16_384, 262_144):  # the small one first: it is slow enough where this fails
        closed = escaped_quotes(size, b'"' + b"]" * (MAX_DEPTH + 1))
        assert judged_s(escaped_quotes(size, end)) <= 20 * judged_s(closed)
    assert judged_s(escaped_quotes(262_144, end)) <= 4 * 4 * judged_s(escaped_quotes(65_536, end))


def test_brackets_in_text_that_never_closes_are_not_counted() -> None:
    for text in (b'"' + b"[" * 100, b'"' + b"[" * 100 + b"\\", b'"\\"' + b"[" * 100):
        with pytest.raises(BadBody) as caught:
            decode(_any, b"[" * MAX_DEPTH + text)
        assert "levels deep" not in str(caught.value)
