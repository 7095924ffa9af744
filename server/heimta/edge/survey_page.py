"""The page behind a link in a mail that asks a survey: one question, in the shop's colours and words.

No script and no other request: native fields in a form, which its button sends. What the link has ticked
counts as little as what nobody touched, until the button is pressed.
"""

from __future__ import annotations

from html import escape

from msgspec import Struct
from starlette.responses import Response

from heimta.edge.preference_page import shop_page
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import (
    OTHER,
    MultipleChoice,
    Question,
    SingleChoice,
    bounds,
)
from heimta.model.document import Text
from heimta.model.documents import ShopDoc
from heimta.rules.contents.fill import fill, pick, spoken
from heimta.rules.mail.ask import MOST, ends, other_of
from heimta.rules.preference_words import word_in
from heimta.rules.surveys import MAX_TEXT, lefts
from heimta.rules.texts.survey import LABELS, PAGE
from heimta.rules.texts.words import said_in

STYLE = """
legend{width:100%;margin:0 0 .75rem}
h1{font-size:1.5rem;overflow-wrap:anywhere}
.shop+h1{margin-top:1.25rem}
form p.steps{margin:.25rem 0 0;font-weight:400;text-align:start}
.scale{display:grid;grid-template-columns:repeat(auto-fit,minmax(max(3rem,15%),1fr));gap:.375rem}
.scale label{flex-direction:column;justify-content:center;gap:.375rem;padding:.625rem .25rem;font-weight:600;
  border:1px solid color-mix(in srgb,var(--i) 45%,var(--s));border-radius:var(--r)}
.scale label:has(:checked){border-color:var(--a);box-shadow:inset 0 0 0 1px var(--a)}
form p.ends{display:flex;justify-content:space-between;gap:1rem;text-align:start}
form p.ends :last-child{text-align:end}
.own,textarea{width:100%;height:auto;min-height:3.25rem;margin:.25rem 0 0;padding:.75rem;font:inherit;
  color:inherit;background:none;border:1px solid;border-radius:var(--r)}
"""


class Tongue(Struct, frozen=True):
    """What the page says, in one of the shop's languages."""

    shop: ShopDoc
    lang: str

    def say(self, text: Text) -> str:
        return said_in(text, self.lang, "en")

    def label(self, name: str) -> str:
        return self.say(pick(f"survey.label.{name}", LABELS[name], spoken(self.shop)))

    def page(self, name: str) -> str:
        return self.say(pick(f"survey.page.{name}", PAGE[name], spoken(self.shop)))

    def back(self) -> str:
        return word_in(self.shop, "back", self.lang).replace("{shop}", self.shop.name)


class Asked(Struct, frozen=True):
    """Where the shopper is. index: of the question. step: which one that is on their way. ticked: what the
    link or the form said, to be shown as chosen; text: what was written.
    """

    index: int
    step: int = 1
    ticked: tuple[str, ...] = ()
    text: str = ""


def question_page(
    tongue: Tongue, content: SurveyContent, asked: Asked, *, said: str = "", status: int = 200
) -> Response:
    """said: what went wrong, in words."""
    question = content.asked[asked.index]
    words, left = tongue.say(question.question), lefts(content.asked)[asked.index]
    of = asked.step + left - 1
    steps = tongue.label("of").replace("{n}", str(asked.step)).replace("{of}", str(of)) if of > 1 else ""
    inner = (
        f'<p class="shop">{escape(tongue.shop.name)}</p>'
        + (f'<div class="said" role="alert"><p>{escape(said)}</p></div>' if said else "")
        + '<form method="post">'
        f'<input type="hidden" name="q" value="{escape(question.name)}">'
        f'<input type="hidden" name="step" value="{asked.step}">'
        f'<fieldset aria-describedby="d"><legend><h1 id="q">{escape(words)}</h1>'
        + (f'<p class="steps">{escape(steps)}</p>' if steps else "")
        + f"</legend>{_fields(question, asked, tongue)}</fieldset>"
        f"<button>{escape(tongue.label('next' if left > 1 else 'send'))}</button></form>{_way_back(tongue)}"
    )
    return shop_page(tongue.shop.theme, tongue.lang, words, inner, status, more=STYLE)


def said_page(tongue: Tongue, title: str, about: str = "", *, status: int = 200) -> Response:
    """Nothing more to ask."""
    inner = (
        f'<p class="shop">{escape(tongue.shop.name)}</p><h1>{escape(title)}</h1>'
        + (f'<p class="about">{escape(about)}</p>' if about else "")
        + _way_back(tongue)
    )
    return shop_page(tongue.shop.theme, tongue.lang, title, inner, status, more=STYLE)


def thanks_page(tongue: Tongue, content: SurveyContent, *, before: bool = False) -> Response:
    """before: it was answered some time ago."""
    if before:
        return said_page(tongue, tongue.page("already"))
    return said_page(tongue, tongue.say(fill(content.thanks, "survey", "thanks", spoken(tongue.shop))))


def gone_page(tongue: Tongue) -> Response:
    return said_page(tongue, tongue.page("gone"), tongue.page("gone_about"), status=410)


def _way_back(tongue: Tongue) -> str:
    return f'<a class="back" href="{escape(tongue.shop.origins[0])}/">{escape(tongue.back())}</a>'


def _fields(question: Question, asked: Asked, tongue: Tongue) -> str:
    span = bounds(question)
    if span is not None:
        return _scale(question, span, asked, tongue)
    if isinstance(question, SingleChoice | MultipleChoice):
        return _choices(question, asked, tongue)
    return (
        f'<textarea name="text" rows="4" maxlength="{MAX_TEXT}" aria-labelledby="q" aria-describedby="d">'
        f'{escape(asked.text)}</textarea><p id="d">{escape(tongue.label("private"))}</p>'
    )


def _scale(question: Question, span: tuple[int, int, int], asked: Asked, tongue: Tongue) -> str:
    """A button for each number; where they are too many for a thumb, a field for one."""
    low, high, step = span
    values = range(low, high + 1, step)
    if len(values) > MOST:
        value = escape(asked.ticked[0]) if asked.ticked else ""
        fields = (
            f'<input class="own" type="number" name="a" min="{low}" max="{high}" step="{step}" required '
            f'aria-labelledby="q" aria-describedby="d" value="{value}">'
        )
    else:
        rows = (_box("radio", str(one), str(one), str(one) in asked.ticked) for one in values)
        fields = f'<div class="scale">{"".join(rows)}</div>'
    first, last = (escape(tongue.say(end)) for end in ends(question, spoken(tongue.shop)))
    if len(values) > MOST:
        first, last = f"{low} {first}".strip(), f"{high} {last}".strip()
    return f'{fields}<p class="ends" id="d"><span>{first}</span><span>{last}</span></p>'


def _choices(question: SingleChoice | MultipleChoice, asked: Asked, tongue: Tongue) -> str:
    kind = "radio" if isinstance(question, SingleChoice) else "checkbox"
    fields = "".join(
        _box(kind, choice.id, tongue.say(choice.text), choice.id in asked.ticked)
        for choice in question.choices
    )
    if not question.other:
        return fields
    words = tongue.say(other_of(question.other, spoken(tongue.shop)))
    return (
        fields
        + _box(kind, OTHER, words, OTHER in asked.ticked)
        + f'<input class="own" name="text" maxlength="200" aria-label="{escape(words)}" aria-describedby="d" '
        f'value="{escape(asked.text)}"><p id="d">{escape(tongue.label("private"))}</p>'
    )


def _box(kind: str, value: str, text: str, is_on: bool) -> str:
    """A scale's number or a choice. Of boxes the browser cannot ask for one at least; the server does."""
    required = " required" if kind == "radio" else ""
    ticked = " checked" if is_on else ""
    tick = f'<input type="{kind}" name="a" value="{escape(value)}"{required}{ticked}>'
    return f"<label>{tick}<span>{escape(text)}</span></label>"
