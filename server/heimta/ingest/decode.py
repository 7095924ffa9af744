"""Decode a body that anyone may have sent: one error for whatever is wrong with it, never a 500.

The worker decodes the same bytes again, in another process, perhaps by a later release: so what is taken must
not depend on how much stack happens to be left. Depth and encoding are therefore checked by rules of our own.
"""

from __future__ import annotations

import re
from array import array
from itertools import accumulate
from typing import TypeVar

import msgspec

T = TypeVar("T")

FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # all that a decoder raises

MAX_DEPTH = 64  # lists and objects in each other; the wire needs 7. Decoders give up somewhere below 1,000

# One that never closes goes to the end: else each quote in it would begin a search of its own.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # one deeper, or one less: -1 as a signed byte


class BadBody(ValueError):
    """str() says what is wrong, in msgspec's own words: the path of the field and the rule."""


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Raises BadBody for bad JSON, bad UTF-8, a wrong shape, or nesting deeper than MAX_DEPTH.

    body: a whole body, or a part (Raw) of one that was decoded here: that is checked as a whole only.
    """
    try:
        if type(body) is bytes:
            if not body.isascii():
                str(body, "utf-8")  # decoders pass over what they do not need, bad bytes included
            if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deep(body):
                raise BadBody(f"nested more than {MAX_DEPTH} levels deep")
        return decoder.decode(body)
    except FAULTS as error:
        raise BadBody(str(error)) from None


def _is_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than MAX_DEPTH; anything for what is no JSON.

    Three passes in C: a loop over 64 KiB in Python would hold everybody else up.
    """
    steps = array("b", _STRING.sub(b"", body).translate(_STEPS, _NOT_BRACKETS))
    return max(accumulate(steps), default=0) > MAX_DEPTH
