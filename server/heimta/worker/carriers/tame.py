"""What a cart says before it goes to somebody's telephone.

A cart comes from a browser, and a number from a form: whoever fills in both writes to a stranger in the
shop's name. So a product's name may not carry a link, nor a letter's worth of words.
"""

from __future__ import annotations

import re

import msgspec

from heimta.worker.carriers.job import Job

MAX_NAME = 60  # characters
_SCHEME = re.compile(r"\w+:/+|//+")
_DOT = re.compile(r"\.(?=[^\W\d_]{2})")  # 1.5 l stays; shop.example becomes `shop. example`


def name(raw: str) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in raw)
    text = " ".join(_DOT.sub(". ", _SCHEME.sub(" ", text)).split())
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 3].rstrip() + "..."


def tamed(job: Job) -> Job:
    """The job with its cart's names tamed. What the shop shows no name of is called by its sku."""
    if job.cart is None:
        return job
    lines = tuple(
        msgspec.structs.replace(line, name=name(line.name) or name(line.sku)) for line in job.cart.cart.lines
    )
    cart = msgspec.structs.replace(job.cart, cart=msgspec.structs.replace(job.cart.cart, lines=lines))
    return msgspec.structs.replace(job, cart=cart)
