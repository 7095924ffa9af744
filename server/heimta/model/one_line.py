"""What somebody wrote, in one line: for a header, a subject, a product's name. Pure."""

from __future__ import annotations

import re

# Where a word may be parted and nobody sees it: shops write `Woll&shy;mütze`.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
# Not printable by themselves, and yet part of what is read: they join emoji (a woman and a rocket are an
# astronaut) and part letters in Persian and Indian words; marks of direction, as sums in Hebrew have them.
_PART_OF_WORDS = frozenset("\u200c\u200d\u200e\u200f\u061c")


def one_line(text: str) -> str:
    """Whatever else cannot be seen, a line's end above all, is a space."""
    seen = _UNSEEN.sub("", text)
    letters = (one if one.isprintable() or one in _PART_OF_WORDS else " " for one in seen)
    return " ".join("".join(letters).split())
