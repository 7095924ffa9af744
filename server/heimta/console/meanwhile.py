"""Two merchants at one form: what one of them left as it was stays as the other one has saved it meanwhile.

A form carries a mark of each value that it was filled with, in its field `was`; only what differs from its
mark was changed in it. So the button that takes a change back takes back this change alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import msgspec


def marks(values: Mapping[str, str]) -> str:
    """For the field `was` of a form that is filled with these."""
    return msgspec.json.encode({name: _mark(value) for name, value in values.items()}).decode()


def changed_in(form: Mapping[str, str], typed: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What was typed, but `now` where that is what the form was filled with. Without marks all is changed."""
    try:
        was = msgspec.json.decode(form.get("was", "{}"), type=dict[str, str])
    except msgspec.MsgspecError:
        was = {}
    return {name: now[name] if was.get(name) == _mark(value) else value for name, value in typed.items()}


def _mark(value: str) -> str:
    return sha256(value.strip().encode()).hexdigest()[:12]
