"""How many SMS a text costs: in GSM's 7 bits 160 letters, in UCS-2 70; less when it takes several.

Sources: 3GPP TS 23.038 (the alphabet and its extension), TS 23.040 section 9.2.3.24.1 (six bytes of each
part of several say which part it is, which leaves 153 and 67).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# One septet each, in the order of the table; the escape itself left out.
_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets: an escape before them
_KNOWN = _PLAIN | _EXTENDED
# What phones and word processors set by themselves, where one letter of it would more than halve the room.
_TYPED = {
    ord(typed): plainly
    for plainly, signs in {
        "'": "\u2018\u2019\u201a\u201b\u00b4`",  # single quotation marks, accents that stand alone
        '"': "\u201c\u201d\u201e\u201f\u00ab\u00bb",
        "-": "\u2010\u2011\u2012\u2013\u2014\u2212\u2022",  # hyphens, dashes, minus, bullet
        " ": "\u00a0\u2009\u202f\t",
        "...": "\u2026",
        "": "\u00ad\u200b\u200d\ufe0f",  # what is not seen
    }.items()
    for typed in signs
}

Coding = Literal["GSM-7", "UCS-2"]


class Segments(Struct, frozen=True):
    """units: septets, or UTF-16 code units. odd: the letters that ask for UCS-2, each once."""

    count: int
    coding: Coding
    units: int
    odd: str


def plain(text: str) -> str:
    """The text with typographic signs set as GSM has them, if that spares it UCS-2; else as it is."""
    typed = text.translate(_TYPED)
    return typed if not _odd(typed) else text


def segments(text: str) -> Segments:
    odd = _odd(text)
    if not odd:
        sizes = [2 if letter in _EXTENDED else 1 for letter in text]
        return Segments(_parts(sizes, 160, 153), "GSM-7", sum(sizes), "")
    sizes = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    return Segments(_parts(sizes, 70, 67), "UCS-2", sum(sizes), odd)


def _odd(text: str) -> str:
    return "".join(
        dict.fromkeys(letter for letter in text if letter not in _PLAIN and letter not in _EXTENDED)
    )


def _parts(sizes: list[int], alone: int, among: int) -> int:
    """No letter is torn: an escape stays with its letter, both halves of an emoji together."""
    if sum(sizes) <= alone:
        return 1
    parts, filled = 1, 0
    for size in sizes:
        if filled + size > among:
            parts, filled = parts + 1, 0
        filled += size
    return parts
