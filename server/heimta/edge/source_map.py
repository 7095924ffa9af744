"""Keeps a source map true after a piece of the built code was replaced on its line.

The shop's config goes into the minified snippet, which is one long line: what stands after it moves to the
right, and every stack trace would point elsewhere. In a source map a segment tells its column as the distance
from the segment before it (ECMA-426, "mappings"), so one number has to change: that of the first segment
behind the piece.
"""

from __future__ import annotations

from itertools import accumulate

import orjson

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def moved(source_map: bytes, code: str, old: str, new: str) -> bytes:
    """The map of `code` with its first `old` replaced by `new`. Neither may hold a line's end."""
    table = orjson.loads(source_map)
    mappings = table.get("mappings", "")
    before, found, _ = code.partition(old)
    lines = mappings.split(";")
    at = before.count("\n")
    if not found or at >= len(lines):
        return source_map
    end = _units(before.rpartition("\n")[2]) + _units(old)
    lines[at] = _shifted(lines[at], end, _units(new) - _units(old))
    return orjson.dumps({**table, "mappings": ";".join(lines)})


def _shifted(line: str, column: int, by: int) -> str:
    segments = line.split(",") if line else []
    columns = accumulate(_first(segment)[0] for segment in segments)
    for at, place in enumerate(columns):
        if place >= column:
            distance, rest = _first(segments[at])
            segments[at] = _number(distance + by) + rest
            break
    return ",".join(segments)


def _units(text: str) -> int:
    """Columns are counted in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _first(segment: str) -> tuple[int, str]:
    """A segment's first number, base 64 VLQ, and what follows it."""
    value = shift = 0
    for at, letter in enumerate(segment):
        digit = _DIGITS.index(letter)
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            return (-(value >> 1) if value & 1 else value >> 1), segment[at + 1 :]
    raise ValueError(f"{segment!r} is no segment of a source map")


def _number(value: int) -> str:
    rest = (-value << 1) | 1 if value < 0 else value << 1
    digits = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        digits += _DIGITS[digit | 32 if rest else digit]
        if not rest:
            return digits
