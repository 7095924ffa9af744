"""What the decoder promises for any bytes: depth, encoding, one kind of error."""

from __future__ import annotations

import json
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
