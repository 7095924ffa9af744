"""Takes out of free text what would tell who wrote it: e-mail addresses and long numbers. Pure.

A survey asks for no such thing, and shoppers write it all the same. Names and streets cannot be told from
other words, which is why the page asks to leave them out, and why texts are kept for a short time only.
"""

from __future__ import annotations

import re

MAIL, NUMBER = "[e-mail]", "[number]"

_mail = re.compile(r"[^\s@]{1,64}@[^\s@]{1,253}")
# Phones, cards, accounts, orders: seven digits or more, however they are parted.
_number = re.compile(r"\+?\d(?:[ ()/.\-]{0,2}\d){6,}")


def masked(text: str) -> str:
    return _number.sub(NUMBER, _mail.sub(MAIL, text))
