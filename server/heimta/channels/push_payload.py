"""The JSON inside a push: what docs/wire.md calls the push message.

A push service takes 4,096 bytes of ciphertext and promises no more, so the text gives way:
first the body, then the title, at a character boundary and with an ellipsis. Links and ids
never do, since half a link is worse than none.
"""

from __future__ import annotations

import unicodedata

from msgspec import json

MAX_PAYLOAD = 3800  # bytes of JSON; 86 of header, 16 of tag and 1 of padding come on top
ELLIPSIS = "…"
ZWJ = "\u200d"  # glues emoji together: woman + rocket = astronaut


def build(
    *,
    title: str,
    body: str,
    navigate: str,
    tag: str,
    lang: str,
    vid: str,
    message: str,
    settings: tuple[str, str] | None = None,
    icon: str = "",
    image: str = "",
) -> bytes:
    """The payload, at most MAX_PAYLOAD bytes.

    navigate: absolute address that a click opens. tag: replaces an earlier notification of the same tag.
    settings: words and absolute address of the button that leads to the visitor's preferences.
    Raises ValueError when even without any text the links are too long.
    """

    def encode(title: str, body: str) -> bytes:
        shown: dict[str, object] = {"title": title, "body": body, "navigate": navigate, "tag": tag}
        shown |= {name: url for name, url in (("icon", icon), ("image", image)) if url}
        data = {"m": message, "v": vid}
        if settings is not None:
            # In both: a browser that shows it by itself reads the action, our service worker the data.
            shown["actions"] = [{"action": "settings", "title": settings[0], "navigate": settings[1]}]
            data["p"] = settings[1]
        shown |= {"lang": lang, "data": data}
        return json.encode({"web_push": 8030, "notification": shown})

    payload = encode(title, body)
    if len(payload) > MAX_PAYLOAD:
        body = _shorten(body, MAX_PAYLOAD - len(encode(title, "")))
        title = _shorten(title, MAX_PAYLOAD - len(encode("", body)))
        payload = encode(title, body)
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"navigate, icon and image leave no room for text within {MAX_PAYLOAD} bytes")
    return payload


def _shorten(text: str, room: int) -> str:
    """As much of the text as fits into `room` bytes of JSON, with an ellipsis; '' when none does."""
    if _size(text) <= room:
        return text
    fits, more = 0, len(text)
    while fits < more:  # the size grows with the length, so halve
        middle = (fits + more + 1) // 2
        if _size(text[:middle] + ELLIPSIS) <= room:
            fits = middle
        else:
            more = middle - 1
    while fits and (_joins(text[fits]) or text[fits - 1] == ZWJ):
        fits -= 1
    return text[:fits].rstrip() + ELLIPSIS if fits else ""


def _size(text: str) -> int:
    return len(json.encode(text)) - 2


def _joins(char: str) -> bool:
    """True when this character belongs to the one before it: accents, emoji parts."""
    return unicodedata.category(char) in ("Mn", "Me", "Mc", "Cf")
