"""What a template looks like, drawn small: its words in the shop's language, its place on the page. Pure.

A drawing in the shop's own colours, made of what the browser would get (rules/compile.py), so that it cannot
promise what is not shown. docs/gallery.md has the real thing.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

from msgspec import Struct

from heimta.console.journey_words import NAMED
from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send, all_steps
from heimta.rules.compile import compile_campaign
from heimta.rules.texts.words import said_in

# x, y, width, height of the card on a page of 320 by 200.
PLACES: dict[str, tuple[int, int, int, int]] = {
    "modal": (52, 34, 216, 132),
    "corner": (136, 66, 172, 126),
    "slide": (0, 42, 172, 126),
    "sheet": (52, 78, 216, 122),
    "bar_bottom": (0, 156, 320, 44),
    "bar_top": (0, 0, 320, 44),
    "message": (40, 44, 240, 108),
    "help": (28, 74, 264, 58),
}
# Of what a checkout's help says, that which tells most of it.
TELLING = ("lacks_email", "missing", "arrives", "remember", "coupon", "order")
_GAP = re.compile(r"\{[a-z]+\}")
EM_A_LETTER = 0.59  # on the average, with a wide font that is bold
TITLE, BODY, BUTTON = 12.5, 10.5, 10  # sizes in px, as sketch.html has them


class Sketch(Struct, frozen=True):
    """kind: of PLACES. head: a line above the title. buttons: the main one first. marks: of a scale."""

    kind: str
    title: list[str]
    body: list[str] = []
    buttons: list[str] = []
    head: str = ""
    marks: int = 0

    @property
    def place(self) -> tuple[int, int, int, int]:
        return PLACES[self.kind]


def sketch_of(document: Campaign | Journey, shop: ShopDoc) -> Sketch:
    lang = shop.languages[0]
    if isinstance(document, Journey):
        return _message(document, lang)
    [first, *_] = compile_campaign(document, 1, shop, now=0)["variants"]
    content: dict[str, Any] = first["content"]

    def say(name: str) -> str:
        return _one(content.get(name, ""), lang)

    match content["widget"]:
        case "popup":
            return _card(content["layout"], say("title"), say("body"), say("accept"), say("decline"))
        case "push":
            return _card("corner", say("title"), say("body"), say("yes"), say("no"))
        case "survey":
            return _question(content["questions"][0], lang)
        case _:
            items = content.get("reassurance", {}).get("items", ())
            known = content.get("labels", {})
            words = [item["text"] for item in items] or [known[name] for name in TELLING if name in known]
            said = _one(words[0], lang) if words else document.name
            return Sketch("help", _lines(said, PLACES["help"][2] - 60, 2))


def _message(journey: Journey, lang: str) -> Sketch:
    """The first that it sends."""
    step = next(step for step in all_steps(journey.steps) if isinstance(step, Send))
    width = PLACES["message"][2] - 28
    title, body = _one(step.title, lang), _one(step.body, lang)
    return Sketch("message", _lines(title, width, 2), _lines(body, width, 2, BODY), head=NAMED[step.channel])


def _question(question: dict[str, Any], lang: str) -> Sketch:
    width = PLACES["corner"][2] - 28
    choices = " · ".join(_one(text, lang) for _, text in question.get("choices", ()))
    marks = 5 if question["ask"] in ("slider", "rating", "nps") else 0
    return Sketch(
        "corner",
        _lines(_one(question["question"], lang), width, 2),
        _lines(choices, width, 3, BODY),
        marks=marks,
    )


def _card(kind: str, title: str, body: str, *buttons: str) -> Sketch:
    width = PLACES[kind][2] - 28
    if kind.startswith("bar"):
        return Sketch(kind, _lines(title, width - 126, 1), [], _lines(buttons[0], 96, 1))
    short = [line for one in buttons for line in _lines(one, (width - 10) / 2 - 8, 1, BUTTON)]
    return Sketch(kind, _lines(title, width, 2), _lines(body, width, 2, BODY), short)


def _lines(words: str, width: float, most: int, px: float = TITLE) -> list[str]:
    """As many as fit; what is cut off ends in an ellipsis, if need be within a long word."""
    letters = int(width / (px * EM_A_LETTER))
    lines = textwrap.wrap(words, letters, break_on_hyphens=False)
    if len(lines) > most:
        rest = " ".join(lines[most - 1 :])
        lines[most - 1 :] = [f"{rest[: letters - 1].rstrip()}…"]
    return lines


def _one(text: Any, lang: str) -> str:
    """With a gap where something of the shopper's goes."""
    return _GAP.sub("…", said_in(text, lang))
