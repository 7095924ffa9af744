"""What a message says, in the shopper's language: the step's texts with their {words} filled in.

One place for all carriers, so that the same text reads the same by every channel. A word that a message has
nothing for stays as it is written: `heimta apply` has told the merchant which words a step has.
"""

from __future__ import annotations

from heimta.model.document import Text
from heimta.worker.carriers.job import Job


def say(job: Job, text: Text) -> str:
    """The text in the job's language, {item}, {count} and {code} filled in."""
    chosen = _in_language(text, job.lang)
    for name, value in _words(job).items():
        chosen = chosen.replace(f"{{{name}}}", value)
    return chosen


def language_of(wanted: str, known: tuple[str, ...]) -> str:
    """One of the shop's languages: the shopper's if it is among them, else the shop's first."""
    primary = wanted.partition("-")[0].lower()
    return primary if primary in known else known[0]


def _in_language(text: Text, lang: str) -> str:
    if isinstance(text, str):
        return text
    return text.get(lang) or text.get("en") or next(iter(text.values()), "")


def _words(job: Job) -> dict[str, str]:
    words: dict[str, str] = {}
    if job.cart is not None and job.cart.cart.lines:
        lines = job.cart.cart.lines
        words |= {"item": lines[0].name, "count": str(sum(line.qty for line in lines))}
    if job.coupon is not None:
        words["code"] = job.coupon.code
    return words
