"""What a message says, in the shopper's language: the step's texts with their {words} filled in.

One place for all carriers, so that the same text reads the same by every channel. A word that a message has
nothing for stays as it is written: `heimta apply` has told the merchant which words a step has. What is
filled in is not looked through again: a product may be called {code}.
"""

from __future__ import annotations

import re

from heimta.journeys.plans import enrollment_of
from heimta.model.document import Text
from heimta.rules.money import in_words
from heimta.rules.texts.words import said_in
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.tame import name

_WORD = re.compile(r"\{([a-z_]{1,20})\}")


def say(job: Job, text: Text) -> str:
    """The text in the job's language: {item} and {count} of the cart, {code} of the coupon, and what the
    journey was begun with ({order}, {price}, ...).
    """
    words = words_of(job)
    return _WORD.sub(lambda found: words.get(found[1], found[0]), said_in(text, job.lang, "en"))


def words_of(job: Job) -> dict[str, str]:
    """What can be filled in. The cart as it is now goes before what the journey was begun with."""
    enrollment = enrollment_of(job.state, job.message)
    words = dict(enrollment.words) if enrollment is not None else {}
    if "item" in words:
        words["item"] = name(words["item"])  # as a browser told it, and the message may go to a stranger
    words |= _sums(words, job.lang)
    if job.cart is not None and job.cart.cart.lines:
        lines = job.cart.cart.lines
        words |= {
            "item": name(lines[0].name) or name(lines[0].sku),
            "count": str(sum(line.qty for line in lines)),
        }
    if job.coupon is not None:
        words["code"] = job.coupon.code
    return words


def _sums(words: dict[str, str], lang: str) -> dict[str, str]:
    """{price} and {was} of a product, as the reader's language has them. What began by an older release has
    them in words already, and perhaps no number.
    """
    known = {"price": words.get("minor", ""), "was": words.get("was_minor", "")}
    currency = words.get("currency", "")
    return {
        name: in_words(int(minor), currency, lang)
        for name, minor in known.items()
        if currency and minor.isdigit()
    }
