"""What stands in one e-mail, before it has any look: words, rows, a code, where it leads. Pure."""

from __future__ import annotations

import re

from msgspec import Struct

from heimta.model.theme import Theme

MAX_ROWS = 8  # of a cart; the others are counted


class Row(Struct, frozen=True):
    """A line of a cart. price: of all its pieces, in words. image: '' or on the shop's own origin."""

    name: str
    qty: int
    price: str
    image: str = ""


class Code(Struct, frozen=True):
    """worth: `10 % off`. until: day and time in words, '' for no end."""

    code: str
    worth: str
    until: str = ""


class Ask(Struct, frozen=True):
    """A survey's first question. ways: an address for each answer, with what it says and, for those who
    hear it, what it means; none where it takes more than a press. large: answers of several words, each in
    a line of its own. low, high: what the ends mean.
    """

    question: str
    ways: tuple[tuple[str, str, str], ...] = ()
    large: bool = False
    low: str = ""
    high: str = ""


class Letter(Struct, frozen=True):
    """design: a file of designs/. target: where button and pictures lead. settings: the preference centre, ''
    in a service message. home: the shop's origin. more: rows that are not shown. words: rules/texts/mail.py.
    ask: a survey's question; `target` then leads to where it is answered.
    """

    design: str
    lang: str
    shop: str
    home: str
    theme: Theme
    words: dict[str, str]
    subject: str
    body: str
    button: str
    target: str
    logo: str = ""
    rows: tuple[Row, ...] = ()
    more: int = 0
    total: str = ""
    code: Code | None = None
    order: str = ""
    imprint: str = ""
    settings: str = ""
    ask: Ask | None = None

    @property
    def paragraphs(self) -> list[list[str]]:
        """Parted by empty lines; each is a list of its lines."""
        parts = re.split(r"\n\s*\n", self.body.strip())
        return [lines for part in parts if (lines := [line.strip() for line in part.splitlines()])]

    @property
    def preview(self) -> str:
        """What mail programs show beside the subject."""
        return " ".join(self.body.split())[:140]
