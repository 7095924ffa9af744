"""SMS: the step's text, the link back to the cart, and how to make it end; no more, since each 160 letters
are paid for.
"""

from __future__ import annotations

import msgspec

from heimta.channels.outside import Outside
from heimta.channels.result import Delivery, away, failed
from heimta.channels.sms import MAX_BODY, SmsGateway
from heimta.model.person import address_of
from heimta.model.providers import Sms
from heimta.rules.contents.fill import Spoken, pick
from heimta.rules.mail.addresses import mark_of
from heimta.rules.phones import e164, why_not_sms
from heimta.rules.segments import plain
from heimta.rules.stop_words import says_stop
from heimta.rules.texts.sms import LABELS
from heimta.rules.texts.words import said_in
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.tame import tamed
from heimta.worker.carriers.texts import say
from heimta.worker.carriers.way import way

LINK = "{link}"  # where the link stands, if not at the end


class SmsCarrier:
    """edge_url: where the gateway tells what became of a message."""

    def __init__(self, outside: Outside, edge_url: str) -> None:
        self._gateway = SmsGateway(outside)
        self._outside = outside
        self._edge_url = edge_url

    async def send(self, job: Job) -> Delivery:
        sms, token = job.shop.sms, job.secrets.providers.get("sms_token", "")
        if sms is None or not token:
            return away("no_secret")
        to = e164(address_of(job.state, "phone", job.message.about if job.service else ""), sms.country)
        if why_not_sms(to, sms):
            return failed("number", permanent=True)
        delivery = await self._gateway.send(
            sms,
            token,
            to=to,
            body=compose(job, sms),
            # A gateway that cannot reach us must not be told to: some refuse the message for it.
            status_url=f"{self._edge_url}/hooks/{job.shop.id}/sms" if self._is_public() else "",
            now=job.now,
        )
        if delivery.outcome == "gone":
            return msgspec.structs.replace(delivery, address=mark_of(job.shop.id, to))
        return delivery

    def _is_public(self) -> bool:
        return self._edge_url.startswith("https://")

    async def close(self) -> None:
        await self._outside.close()


def compose(job: Job, sms: Sms) -> str:
    """All that arrives. A body that is too long is cut, never the link and never the way to end it."""
    body = say(tamed(job), job.step.body).strip()
    # In the merchant's own words: a product may be called DOOR STOP.
    says_so = sms.hears and says_stop(said_in(job.step.body, job.lang, "en"))
    end = "" if says_so else _end(job, sms)
    link, where = way(job)
    tail = f"\n{end}" if end else ""
    # The way home is worth no letters, nor is one that stands in the text already.
    if LINK not in body and where != "to_shop" and link not in body:
        tail = f" {link}{tail}"
    return plain(_shorter(body, link, MAX_BODY - len(tail)).strip() + tail).strip()


def _shorter(body: str, link: str, room: int) -> str:
    """The body with its link, in so many letters: what stands behind the link goes first."""
    before, mark, after = body.partition(LINK)
    if not mark:
        return body[:room]
    before = before[: room - len(link)]
    return (before + link + after.replace(LINK, link))[:room]


def _end(job: Job, sms: Sms) -> str:
    tongue = Spoken((job.lang,), job.shop.words)
    key = "stop" if sms.hears else "stop_at"
    text = said_in(pick(f"sms.label.{key}", LABELS[key], tongue))
    return text if sms.hears else f"{text} {job.links.settings}"
