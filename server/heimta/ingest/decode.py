"""Decode a body that anyone may have sent: one error for whatever is wrong with it, never a 500."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


class BadBody(ValueError):
    """str() says what is wrong, in msgspec's own words: the path of the field and the rule."""


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Raises BadBody for bad JSON, bad UTF-8, a wrong shape, or nesting deeper than anyone needs."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(str(error)) from None
