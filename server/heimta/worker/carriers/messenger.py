"""Messenger: the cart as cards to leaf through, or in words where a card has no room for what is said.

One request, so one message: a second one for the pictures could arrive alone, and neither may be sent twice.
The first card says what the step says and has the buttons; the others are the cart's lines.
"""

from __future__ import annotations

from typing import Any

from heimta.channels.messenger import WINDOW, Messenger
from heimta.channels.outside import Outside
from heimta.channels.result import Delivery, away, failed
from heimta.ingest.messenger import STOP_BUTTON
from heimta.journeys.reach import window_is_open
from heimta.model.cart import Cart, Line
from heimta.rules.contents.fill import Spoken, pick
from heimta.rules.money import in_words
from heimta.rules.texts.sms import LABELS
from heimta.rules.texts.words import said_in
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.pictures import own_picture
from heimta.worker.carriers.tame import tamed
from heimta.worker.carriers.texts import say
from heimta.worker.carriers.way import way

# Meta's limits, in characters (docs/messenger-platform: generic and button template).
CARD, TEXT, BUTTON = 80, 640, 20
CARDS = 10
TIMES = "\u00d7"

Json = dict[str, Any]


class MessengerCarrier:
    def __init__(self, outside: Outside) -> None:
        self._messenger = Messenger(outside)
        self._outside = outside

    async def send(self, job: Job) -> Delivery:
        facebook, providers = job.shop.facebook, job.secrets.providers
        token = providers.get("facebook_token", "")
        if facebook is None or not token:
            return away("no_secret")
        if not job.state.psid:
            return failed("no_person", permanent=True)
        if not window_is_open(job.state, now=job.now):
            return failed(WINDOW, permanent=True)
        return await self._messenger.send(
            facebook,
            token,
            to=job.state.psid,
            message=compose(job),
            app_secret=providers.get("facebook_app", ""),
            now=job.now,
        )

    async def close(self) -> None:
        await self._outside.close()


def compose(raw: Job) -> Json:
    """The message as the Send API takes it."""
    job = tamed(raw)
    title, body = say(job, job.step.title).strip(), say(job, job.step.body).strip()
    buttons = _buttons(job)
    cart = job.cart.cart if job.cart is not None else None
    if cart is not None and 0 < len(title) <= CARD and 0 < len(body) <= CARD:
        pictures = [own_picture(line.image, job.shop.origins) for line in cart.lines]
        if job.step.picture and any(pictures):
            first: Json = {"title": title, "subtitle": body, "buttons": buttons}
            lines = [
                _card(line, picture, cart, job) for line, picture in zip(cart.lines, pictures, strict=True)
            ]
            return _template("generic", elements=[first, *lines][:CARDS])
    return _template("button", text=_in_words(title, body, cart, job), buttons=buttons)


def _template(kind: str, **payload: Any) -> Json:
    return {"attachment": {"type": "template", "payload": {"template_type": kind, **payload}}}


def _card(line: Line, picture: str, cart: Cart, job: Job) -> Json:
    price = "" if line.unit_minor is None else in_words(line.unit_minor, cart.currency, job.lang)
    card: Json = {
        "title": line.name[:CARD],
        "subtitle": f"{line.qty} {TIMES} {price}"[:CARD].rstrip(),
    }
    if picture:
        card["image_url"] = picture
    if job.links.restore:
        card["default_action"] = {"type": "web_url", "url": job.links.restore}
    return card


def _buttons(job: Job) -> list[Json]:
    label = say(job, job.step.button).strip() or job.shop.name
    end = said_in(pick("sms.label.end", LABELS["end"], Spoken((job.lang,), job.shop.words)))
    return [
        {"type": "web_url", "url": way(job)[0], "title": label[:BUTTON]},
        {"type": "postback", "title": end[:BUTTON], "payload": STOP_BUTTON},
    ]


def _in_words(title: str, body: str, cart: Cart | None, job: Job) -> str:
    """Title and body whole, and of the cart as many lines as there is room for."""
    text = "\n".join(part for part in (title, body) if part)[:TEXT] or job.shop.name
    for line in cart.lines if cart is not None else ():
        more = f"\n{line.qty} {TIMES} {line.name}"
        if len(text) + len(more) > TEXT:
            break
        text += more
    return text
