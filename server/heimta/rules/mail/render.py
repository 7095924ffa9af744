"""A letter as HTML and as text. MJML makes tables that every mail program understands; Jinja fills them.

Everything is escaped by Jinja before MJML reads it, and MJML leaves escapes as they are: nothing that a shop,
a shopper or a stranger wrote becomes markup (tests/channels/test_email_render.py tries). Nothing is loaded
but the shop's own pictures; a program that shows none shows the same words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from pathlib import Path

from babel import Locale, UnknownLocaleError
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from mjml import mjml2html

from heimta.model.theme import Colours, Theme
from heimta.rules.colour import mix
from heimta.rules.mail.letter import Letter
from heimta.rules.themes import dark_of, quiet_of

FOLDER = Path(__file__).parent / "designs"
SHARED = ("base", "parts")
WITHOUT_ROWS = ("plain", "survey")  # designs that show nothing of a cart or an order
SYSTEM = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
GROUND = 0.95  # so much of the surface's colour is in what lies around it
TIMES = "\N{MULTIPLICATION SIGN}"
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
LINE = 0.16  # so much of the ink's colour is in a rule between rows


@lru_cache(maxsize=1)
def designs() -> tuple[str, ...]:
    """Their names: what `template` of a step may say."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.mjml") if file.stem not in SHARED))


@lru_cache(maxsize=32)
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_xml,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["attribute"] = _attribute
    return environment.get_template(f"{name}.mjml")


def _xml(value: object) -> object:
    """Without the characters that no XML may hold, escaped or not: MJML would refuse the whole mail."""
    if type(value) is not str:  # Markup comes out of our own macros, and went through here before
        return value
    return _NOT_XML.sub("", value)


def _attribute(value: str) -> str:
    """Escaped, and in ASCII. Into attributes, and it makes one of the title, MJML writes what is no letter by
    itself (an accent, a vowel of Thai, the space in `9 €`) as a program would: `\\u{301}`.
    """
    escaped = escape(_NOT_XML.sub("", value)).replace("\\", "&#92;")
    return escaped.encode("ascii", "xmlcharrefreplace").decode()


def html(letter: Letter) -> str:
    is_right = _direction(letter.lang) == "rtl"
    source = _template(letter.design).render(
        letter=letter,
        words=letter.words,
        light=_colours(letter.theme),
        dark=_colours(letter.theme.dark or dark_of(letter.theme)),
        font=f"{letter.theme.font}, {SYSTEM}" if letter.theme.font else SYSTEM,
        radius=min(letter.theme.radius_px, 28),
        dir="rtl" if is_right else "ltr",
        start="right" if is_right else "left",
        end="left" if is_right else "right",
    )
    # No fonts: MJML would load those it knows the names of from somebody else's server.
    return mjml2html(source, fonts={})


def _direction(language: str) -> str:
    try:
        return str(Locale.parse(language).text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


def _colours(colours: Theme | Colours) -> dict[str, str]:
    ink, surface = colours.ink, colours.surface
    return {
        "accent": colours.accent,
        "on_accent": colours.on_accent,
        "surface": surface,
        "ink": ink,
        "quiet": quiet_of(ink, surface),
        "ground": mix(surface, ink, GROUND),
        "line": mix(ink, surface, LINE),
        "tint": mix(colours.accent, surface, 0.08),
    }


def text(letter: Letter) -> str:
    """The same, for programs and people that want no HTML."""
    words = letter.words
    blocks = [letter.subject, *("\n".join(lines) for lines in letter.paragraphs)]
    if letter.design == "order" and letter.order:
        blocks.append(words["order"].replace("{order}", letter.order))
    if letter.design not in WITHOUT_ROWS:
        blocks.append(_rows(letter))
    if letter.ask is not None:
        blocks.append(letter.ask.question)
    if letter.code is not None:
        until = words["until"].replace("{date}", letter.code.until) if letter.code.until else ""
        lines = (f"{words['code']}: {letter.code.code}", letter.code.worth, until)
        blocks.append("\n".join(line for line in lines if line))
    blocks.append(f"{letter.button}:\n{letter.target}")
    foot = ["-- ", letter.shop, letter.imprint]
    if letter.settings:
        foot += [words["why"].replace("{shop}", letter.shop), f"{words['settings']}:", letter.settings]
    else:
        foot.append(words["service"])
    blocks.append("\n".join(line for line in foot if line))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _rows(letter: Letter) -> str:
    words = letter.words
    rows = [f"{row.qty} {TIMES} {row.name}  {row.price}".rstrip() for row in letter.rows]
    if letter.more:
        rows.append(words["more"].replace("{count}", str(letter.more)))
    if letter.total:
        rows.append(f"{words['total']}: {letter.total}")
    return "\n".join(rows)
