"""The send log of one shopper: what became of each message, and the rule that decided.

A shopper is found by a browser's id (the live events link to it), or by what they told the shop; that is
never put into the console's own addresses, which end up in logs. All browsers of a person are shown together,
since they share one budget of attention.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.console.form import read_own_form
from heimta.console.journey_words import NAMED
from heimta.console.sentences import short
from heimta.console.shops import View, page, view_of
from heimta.model.ids import VISITOR_PATTERN
from heimta.model.message import CONFIRM
from heimta.model.person import hubs_of_words
from heimta.model.visitor import NEVER, VisitorState
from heimta.rules.consented import confirm_of, consented, yes_of
from heimta.rules.phones import e164
from heimta.rules.preferences import addresses_of
from heimta.rules.send_log import OUTCOMES, detail, explain
from heimta.store import people, why
from heimta.store.keys import partition_of
from heimta.store.why import Row

ROWS = 200
WHO = 254
_TONES = {"send": "message", "sent": "money", "defer": "pause", "retry": "pause", "skip": "plain"}


@dataclass(frozen=True)
class Line:
    """One decision or answer, in words. until: of a deferral, ms; 0: none."""

    at: int
    who: str
    journey: str
    step: str
    channel: str
    outcome: str
    why: str
    more: str
    until: int
    tone: str


async def show_why(request: Request) -> Response:
    view = await view_of(request)
    visitor = request.query_params.get("visitor", "")
    if not re.match(VISITOR_PATTERN, visitor):
        return page(request, view, "why.html", "events", {"visitor": "", "sought": False})
    return await _page(request, view, visitor)


async def find_shopper(request: Request) -> Response:
    """By a browser's id, an e-mail address, a telephone number or a customer id: to their page."""
    form = await read_own_form(request)
    view = await view_of(request)
    visitor = await _find(view, form.get("who", "").strip()[:WHO])
    if not visitor:
        words: dict[str, object] = {"visitor": "", "sought": True}
        return page(request, view, "why.html", "events", words, 404)
    return RedirectResponse(f"/console/shops/{view.shop.id}/messages?visitor={visitor}", status_code=303)


async def _find(view: View, who: str) -> str:
    redis, shop, partitions = view.desk.redis, view.shop, view.desk.partitions
    if re.match(VISITOR_PATTERN, who):
        states = await people.states_of(redis, shop.id, [who], partitions)
        if states[who] is not None:
            return who
    if not who:
        return ""
    phone = e164(who, shop.sms.country if shop.sms is not None else None)
    hubs = hubs_of_words(shop.id, {"email": who if "@" in who else "", "phone": phone or "", "id": who})
    person = await people.by_hubs(redis, shop.id, list(hubs), partitions)
    known = sorted(person.states, key=lambda state: state.last_at, reverse=True)
    return known[0].visitor if known else ""


async def _page(request: Request, view: View, visitor: str) -> Response:
    redis, shop, partitions = view.desk.redis, view.shop.id, view.desk.partitions
    person = await people.by_visitor(redis, shop, visitor, partitions)
    lines: list[Line] = []
    for name in person.browsers:
        rows = await why.of(redis, shop, partition_of(shop, name, partitions), name)
        lines += [_line(view, name, row) for row in rows]
    lines.sort(key=lambda line: line.at, reverse=True)
    state = person.browsers.get(visitor)
    words: dict[str, object] = {
        "visitor": visitor,
        "sought": False,
        "who": short(visitor),
        "lines": lines[:ROWS],
        "many": len(person.states) > 1,
        "browsers": sorted(short(name) for name in person.browsers),
        "journeys": _journeys(view, person.states),
        "channels": _channels(view, person.states),
        "zone_name": state.zone if state is not None and state.zone else view.shop.timezone,
        "limits": view.shop.attention,
    }
    return page(request, view, "why.html", "events", words)


def _line(view: View, visitor: str, row: Row) -> Line:
    facts: dict[str, Any] = json.loads(bytes(row.facts)) or {}
    return Line(
        at=row.at,
        who=short(visitor),
        journey=_name(view, row.journey),
        step=row.step,
        channel=row.channel,
        outcome=OUTCOMES.get(row.outcome, row.outcome),
        why=explain(row.rule),
        more=detail(row.rule, facts) if facts else "",
        until=row.until,
        tone=_TONES.get(row.outcome, "odd"),
    )


def _name(view: View, journey: str) -> str:
    """As the merchant calls it; its id where it is gone. journey: an id, maybe with a slash and more."""
    stored = view.documents.journeys.get(journey.partition("/")[0])
    if journey == CONFIRM:
        return "Confirmation"
    return journey if stored is None else stored.document.name


def _journeys(view: View, states: list[VisitorState]) -> list[tuple[str, str, int, str, int]]:
    """Journey, browser, when begun, how it goes, and when it goes on, ms; 0: it does not."""
    rows = []
    for state in states:
        for name, held in sorted(state.enrollments.items()):
            title = _name(view, name)
            goes_on = 0 if held.ended else held.due_at
            word = explain(held.ended) if held.ended else "goes on"
            rows.append((title, short(state.visitor), held.entered_at, word, goes_on))
    return sorted(rows, key=lambda row: -row[2])


def _channels(view: View, states: list[VisitorState]) -> list[tuple[str, str, int]]:
    """How it is called, what holds there ('': a yes), and since when, ms; 0: unknown."""
    told: dict[str, tuple[str, str, int]] = {}
    for state in states:
        for channel in addresses_of(state):
            said = state.consents.get(channel)
            stamps = [state.subscribed] if channel == "push" else []
            if said is not None:
                stamps += [yes_of(state, channel), said.no, said.told]
            word = consented(state, channel, confirm=confirm_of(view.shop))
            row = (NAMED[channel], explain(word) if word else "", max([*stamps, NEVER])[0])
            if channel not in told or row[2] > told[channel][2]:
                told[channel] = row
    return list(told.values())
