"""Surveys that a mail asks, and who has answered them.

    GET  /a/{token}?a=8          the page behind a link in a mail, perhaps with an answer ticked
    POST /a/{token}              its form: one question's answer; then the next question, or thanks
    POST /s/{shop}/answered      the shop's page asks what its visitor has answered (widgets/src/answered.ts)

A GET changes nothing, since programs open links to look at them. An answer is made durable, then thanked for;
the worker folds it as it does those of pages (worker/answers.py). Who was forgotten meanwhile stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer
from heimta.edge.asked import read_asked
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.preference_page import broken_page
from heimta.edge.preferences import spoken_by
from heimta.edge.survey_page import Asked, Tongue, gone_page, question_page, thanks_page
from heimta.edge.visitors import find
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import AnswerNote, Entry
from heimta.model.contents.survey import MAX_STEPS, OTHER, MultipleChoice, Question, Words, bounds, choices
from heimta.model.ids import Visitor
from heimta.model.sample import NOBODY
from heimta.rules.preference_words import word_in, words_for
from heimta.rules.surveys import MAX_TEXT, goes_on_at, has_answered, mailed, next_of
from heimta.rules.texts.words import language_of
from heimta.rules.tokens import BadToken, ExpiredToken, read_answer, shop_of
from heimta.store import keys

FORM_BYTES = 8000  # a text of MAX_TEXT letters, each of them percent-encoded

Fields = Sequence[tuple[str, str]]


class AnsweredRequest(Struct, frozen=True):
    """Body of `POST /s/{shop}/answered`."""

    vid: Visitor


class Said(Struct, frozen=True):
    """One question's answer, checked."""

    value: int | None = None
    choices: tuple[str, ...] = ()
    text: str = ""


_request = msgspec.json.Decoder(AnsweredRequest)
_encode = msgspec.json.Encoder().encode


async def answered(request: Request) -> Response:
    """`POST /s/{shop}/answered`: the surveys that are not to be asked again, by their campaigns' ids."""
    edge: Edge = request.app.state.edge
    asked = await read_asked(edge, request, _request, limit=200, what="answered")
    if isinstance(asked, Response):
        return asked
    state = await find(edge, asked.shop.documents.shop.id, asked.said.vid)
    given = state.answers if state is not None else {}
    told = sorted(campaign for campaign, said in given.items() if has_answered(said))
    return answer(200, {"answered": told}, origin=request.headers.get("origin", ""))


async def page(request: Request) -> Response:
    """`/a/{token}`: GET shows, POST answers."""
    edge: Edge = request.app.state.edge
    token = request.path_params["token"]
    spoken = spoken_by(request)
    known = edge.shops.get(shop_of(token))
    if known is None:
        return broken_page(words_for(None, spoken), is_centre=False)
    shop, now = known.documents.shop, edge.clock()
    try:
        visitor, campaign = read_answer(known.secrets.signing, token, now=now)
    except ExpiredToken:
        return gone_page(Tongue(shop, language_of(spoken, shop.languages)))
    except BadToken:
        return broken_page(words_for(shop, spoken), is_centre=False)
    content = mailed(known.documents.campaign(campaign))
    state = await find(edge, shop.id, visitor)
    wanted = [state.lang if state is not None else "", *spoken]
    tongue = Tongue(shop, language_of(wanted, shop.languages))
    if content is None or (state is None and visitor != NOBODY):
        return gone_page(tongue)
    given = state.answers.get(campaign, {}) if state is not None else {}
    # The mail asked the first question: further on its answer would be somebody else's words.
    ticked = () if given else tuple(request.query_params.getlist("a")[:1])
    at = Asked(goes_on_at(content, given), len(given) + 1, ticked)
    if at.index >= len(content.asked):
        return thanks_page(tongue, content, before=True)
    if request.method != "POST":
        return question_page(tongue, content, at)
    fields = await _read_form(request)
    names = [question.name for question in content.asked]
    one = dict(fields)
    if one.get("q") not in names or one["q"] in given:  # none of ours, or sent again by a reload
        return question_page(tongue, content, at, status=200 if one.get("q") in given else 400)
    at = Asked(
        names.index(one["q"]), _step(one), tuple(v for n, v in fields if n == "a"), one.get("text", "")
    )
    said = said_of(content.asked[at.index], fields)
    if said is None:
        return question_page(tongue, content, at, said=tongue.page("choose"), status=400)
    then = next_of(content.asked, at.index, said.value, said.choices)
    is_last = then >= len(content.asked)
    if state is not None:
        note = AnswerNote(
            visitor, campaign, names[at.index], now, said.value, said.choices, said.text, at.step, is_last
        )
        home = keys.partition_of(shop.id, visitor, edge.partitions)
        try:
            await edge.commit.append(Entry(home, shop.id, "answer", now, _encode(note)))
        except Unavailable:
            sorry = word_in(shop, "failed", tongue.lang)
            return question_page(tongue, content, at, said=sorry, status=503)
    if is_last:
        return thanks_page(tongue, content)
    return question_page(tongue, content, Asked(then, at.step + 1))


def said_of(question: Question, fields: Fields) -> Said | None:
    """What a form says in answer to a question; None for what is no answer to it."""
    picked = tuple(dict.fromkeys(value for name, value in fields if name == "a"))
    text = dict(fields).get("text", "").strip()[:MAX_TEXT]
    if isinstance(question, Words):
        return Said(text=text)
    span = bounds(question)
    if span is not None:
        low, high, step = span
        known = {str(value): value for value in range(low, high + 1, step)}
        return Said(known[picked[0]]) if len(picked) == 1 and picked[0] in known else None
    most = len(choices(question)) if isinstance(question, MultipleChoice) else 1
    if not 0 < len(picked) <= most or not set(picked) <= set(choices(question)):
        return None
    return Said(choices=picked, text=text if OTHER in picked else "")


def _step(one: dict[str, str]) -> int:
    """Which question of their way it is, as the form was given it."""
    told = one.get("step", "")
    return min(max(int(told), 1), MAX_STEPS) if told.isascii() and told.isdigit() and len(told) < 3 else 1


async def _read_form(request: Request) -> Fields:
    """[] if it is none of ours."""
    try:
        body = await read_body(request, limit=FORM_BYTES)
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=30)
    except (Encoded, TooLarge, ValueError):
        return []
