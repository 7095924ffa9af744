"""A survey: its questions, how each is answered, and which comes next. docs/surveys.md.

A question leads to one further down or to the end, never back: so no answer can lead in a circle, and the
order in the document is the order in which shoppers meet the questions (rules/surveys.py checks the rest).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.document import Document, Text
from heimta.model.ids import Name

MAX_STEPS = 6  # questions that one shopper may be asked, whatever `max_steps` says: beyond it they leave
USUAL_STEPS = 3
MAX_QUESTIONS = 20  # in all branches
MAX_CHOICES = 10
END = "end"  # where a rule leads instead of to a question
OTHER = "other"  # the id of the choice that takes words

Whole = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class Rule(Document, frozen=True):
    """Where an answer leads. All that is given must hold; a rule with nothing but `to` always does.

    at_least, at_most: of the number given. chosen: one of these choices was taken, `other` for the own words.
    """

    to: Name  # a question further down, or `end`
    at_least: Whole | None = None
    at_most: Whole | None = None
    chosen: Annotated[tuple[Name, ...], Meta(max_length=MAX_CHOICES + 1)] = ()


class Choice(Document, frozen=True):
    id: Name  # what is counted, so that the text may be mended
    text: Text


class _Question(Document, frozen=True):
    """next: the first rule that holds; without one the next question of the document, and then the end."""

    question: Text
    name: Name  # what the answers are counted under
    next: Annotated[tuple[Rule, ...], Meta(max_length=20)] = ()


class Slider(_Question, frozen=True, tag_field="ask", tag="slider"):
    min: Whole = 0
    max: Whole = 10
    step: Annotated[int, Meta(ge=1)] = 1
    low: Text = ""  # label at the left end
    high: Text = ""


class Rating(_Question, frozen=True, tag_field="ask", tag="rating"):
    shape: Literal["stars", "faces"] = "stars"
    of: Annotated[int, Meta(ge=3, le=5)] = 5  # more are too small for a thumb on a phone of 320 px
    low: Text = ""
    high: Text = ""


class Nps(_Question, frozen=True, tag_field="ask", tag="nps"):
    """How likely they are to recommend the shop, 0 to 10."""

    low: Text = ""
    high: Text = ""


class SingleChoice(_Question, frozen=True, tag_field="ask", tag="choice"):
    choices: Annotated[tuple[Choice, ...], Meta(max_length=MAX_CHOICES)] = ()
    other: bool | Text = False  # one more choice, with words; true: with our own text


class MultipleChoice(_Question, frozen=True, tag_field="ask", tag="choices"):
    choices: Annotated[tuple[Choice, ...], Meta(max_length=MAX_CHOICES)] = ()
    other: bool | Text = False


class Words(_Question, frozen=True, tag_field="ask", tag="text"):
    """A short text; it may be skipped."""


Question = Slider | Rating | Nps | SingleChoice | MultipleChoice | Words


class SurveyContent(Document, frozen=True, tag_field="widget", tag="survey"):
    """`questions`; or one slider, by `question` and what goes with it, perhaps with a `follow_up`."""

    question: Text = ""
    name: Name = "main"
    min: Whole = 0
    max: Whole = 10
    step: Annotated[int, Meta(ge=1)] = 1
    low: Text = ""
    high: Text = ""
    follow_up: Text = ""
    questions: Annotated[tuple[Question, ...], Meta(max_length=MAX_QUESTIONS)] = ()
    max_steps: Annotated[int, Meta(ge=1, le=MAX_STEPS)] = USUAL_STEPS
    thanks: Text = ""

    @property
    def asked(self) -> tuple[Question, ...]:
        """All questions, however they were written."""
        if self.questions:
            return self.questions
        slider = Slider(self.question, self.name, (), self.min, self.max, self.step, self.low, self.high)
        if not self.follow_up:
            return (slider,)
        return slider, Words(self.follow_up, "words" if self.name != "words" else "more")


def bounds(question: Question) -> tuple[int, int, int] | None:
    """(lowest, highest, step) of the number it is answered with; None where there is none."""
    match question:
        case Slider():
            return question.min, question.max, question.step
        case Rating():
            return 1, question.of, 1
        case Nps():
            return 0, 10, 1
        case _:
            return None


def choices(question: Question) -> tuple[str, ...]:
    """The ids it can be answered with, `other` last."""
    if not isinstance(question, SingleChoice | MultipleChoice):
        return ()
    return *(choice.id for choice in question.choices), *((OTHER,) if question.other else ())


def kind(question: Question) -> str:
    """Its `ask`, as on the wire."""
    return str(question.__struct_config__.tag)
