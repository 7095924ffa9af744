"""What a cart says before it goes to somebody's telephone.

A cart comes from a browser, and a number from a form: whoever fills in both writes to a stranger in the
shop's name. So a product's name may not carry a link, nor a letter's worth of words.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

import msgspec

from heimta.model.one_line import one_line
from heimta.worker.carriers.job import Job

MAX_NAME = 60  # characters
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,31});")
# Marks and joiners that no word needs, and that would hide a link from the two below.
_BESIDE_ASCII = re.compile(
    "[\u200e\u200f\u061c]|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_SCHEME = re.compile(r"\w+:/+|//+")
_DOT = re.compile(r"\.(?=[^\W\d_]{2})")  # 1.5 l stays; shop.example becomes `shop. example`


def name(raw: str) -> str:
    """As people read it: many shops' pages tell names as they stand in HTML, `Caps &amp; Hats`."""
    told = _ENTITY.sub(_letter, raw)
    text = one_line(_BESIDE_ASCII.sub("", told))
    text = " ".join(_DOT.sub(". ", _SCHEME.sub(" ", text)).split())
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 3].rstrip(" \u200c\u200d") + "..."


def _letter(found: re.Match[str]) -> str:
    """Only what is a name as a whole: the library reads `&notes;` as one sign and three letters."""
    told = found[0]
    return unescape(told) if told.startswith("&#") else html5.get(told[1:], told)


def tamed(job: Job) -> Job:
    """The job with its cart's names tamed. What the shop shows no name of is called by its sku."""
    if job.cart is None:
        return job
    lines = tuple(
        msgspec.structs.replace(line, name=name(line.name) or name(line.sku)) for line in job.cart.cart.lines
    )
    cart = msgspec.structs.replace(job.cart, cart=msgspec.structs.replace(job.cart.cart, lines=lines))
    return msgspec.structs.replace(job, cart=cart)
