"""Send a journey's messages to yourself, one at a time. The console only asks: a worker sends it, since no
provider can be reached from here.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from heimta.console.form import read_own_form
from heimta.console.journey_words import NAMED
from heimta.console.shops import View, page, view_of
from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send, all_steps, send_step
from heimta.model.sample import MAX_TO, Sample, Told
from heimta.rules.journey_warnings import NEEDS
from heimta.rules.texts.words import said_in
from heimta.store import samples

PATIENCE_S = 10.0  # a page is not waited for any longer; the message may come all the same
LOOK_S = 0.1

# What the field asks for: label, kind of input, an example.
TO: dict[Channel, tuple[str, str, str]] = {
    "email": ("Your e-mail address", "email", "you@your-shop.example"),
    "sms": ("Your telephone number", "tel", "+4915112345678"),
    "messenger": ("Your id at the page", "text", "as heimta person shows it"),
    "push": ("A visitor who subscribed", "text", "their cookie heimta_v"),
}


@dataclass(frozen=True)
class Answer:
    """About one step, for whoever asked. is_good: the provider took it."""

    step: str
    to: str
    is_good: bool
    words: str


@dataclass(frozen=True)
class Line:
    """One message. asks: for the field of where to, None where there is none. lacks: the part that the shop's
    document has not, without which the channel sends nothing.
    """

    id: str
    channel_name: str
    says: str
    asks: tuple[str, str, str] | None
    lacks: str


async def show_samples(request: Request) -> Response:
    view = await view_of(request)
    return _page(request, view, _journey(request, view), None)


async def send_sample(request: Request) -> Response:
    """Ask for one, and wait a little for its answer."""
    form = await read_own_form(request)
    view = await view_of(request)
    journey = _journey(request, view)
    step = send_step(journey, form.get("step", ""))
    if step is None:
        raise HTTPException(404, "That journey has no such message.")
    to = form.get("to", "").strip()
    return _page(request, view, journey, await _ask(view, journey, step, to))


async def _ask(view: View, journey: Journey, step: Send, to: str) -> Answer:
    if step.channel in TO and not 0 < len(to) <= MAX_TO:
        return Answer(step.id, to, False, f"{TO[step.channel][0]} is missing.")
    sample = Sample(secrets.token_urlsafe(12), view.shop.id, journey.id, step.id, to)
    redis = view.desk.redis
    try:
        await samples.ask(redis, sample)
    except samples.TooManySamples:
        return Answer(step.id, to, False, f"{samples.PER_MINUTE} in a minute are enough; wait for the next.")
    for _ in range(round(PATIENCE_S / LOOK_S)):
        told = await samples.answered(redis, sample.shop, sample.id)
        if told is not None:
            return Answer(step.id, to, told.outcome == "sent", in_words(told))
        await asyncio.sleep(LOOK_S)
    return Answer(
        step.id, to, False, f"Nobody answered within {PATIENCE_S:.0f} s. It may still come; do workers run?"
    )


def in_words(told: Told) -> str:
    match told.outcome:
        case "sent":
            return "The provider took it."
        case "refused":
            return f"Not sent: {told.reason}."
        case "gone":
            return f"The provider says that nobody is there: {told.reason}."
        case "unknown":
            return f"It may have left: {told.reason}."
        case _:
            return f"The provider did not take it: {told.reason or 'it gave no reason'}."


def _journey(request: Request, view: View) -> Journey:
    """The one of the address, in the version in force; HTTPException 404 or Unread when there is none."""
    name = str(request.path_params["name"])
    stored = view.documents.journeys.get(name)
    if stored is None or not isinstance(stored.document, Journey):
        raise view.missing("journey", name, "There is no such journey.")
    return stored.document


def _line(step: Send, shop: ShopDoc) -> Line:
    says = said_in(step.title or step.body, shop.languages[0])
    needed = NEEDS[step.channel]
    lacks = needed if getattr(shop, needed) is None else ""
    return Line(step.id, NAMED[step.channel], says, TO.get(step.channel), lacks)


def _page(request: Request, view: View, journey: Journey, answer: Answer | None) -> Response:
    sends = [step for step in all_steps(journey.steps) if isinstance(step, Send)]
    lines = [_line(step, view.shop) for step in sends]
    words: dict[str, object] = {"journey": journey, "lines": lines, "answer": answer}
    return page(request, view, "samples.html", "campaigns", words)
