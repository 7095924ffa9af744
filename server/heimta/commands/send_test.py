"""`heimta send-test`: one step's message, with a made-up cart, to an address of your own."""

from __future__ import annotations

import asyncio
import secrets as random
import time
from typing import Annotated

import typer

from heimta.commands.common import CommandError, documents_of, find_store, with_redis
from heimta.model.journey import Journey, Send, all_steps, send_step
from heimta.model.sample import MAX_TO, Sample, Told
from heimta.store import samples
from heimta.store.connect import Client

PATIENCE_S = 75.0  # a mail server may think for a minute
LOOK_S = 0.1
TO = {
    "email": "an e-mail address",
    "sms": "a telephone number, +4915112345678",
    "messenger": "a page-scoped id, as `heimta person` shows it",
    "push": "the id of a visitor who subscribed: the cookie heimta_v",
}


def send_test(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    journey: Annotated[str, typer.Argument(help="The journey's id.")],
    step: Annotated[str, typer.Argument(help="The id of one of its sends.")],
    to: Annotated[str, typer.Option(help="Where to: see docs/sending.md.")] = "",
    lang: Annotated[str, typer.Option(help="The shopper's language; left out, the shop's first.")] = "",
) -> None:
    """Send one step to yourself, the way that shoppers' messages go. Nothing is counted."""
    _, url = find_store()
    told = with_redis(url, lambda redis: _ask(redis, shop, journey, step, to.strip(), lang))
    if told.outcome != "sent":
        raise CommandError(f"{step} was not sent: {told.outcome}, {told.reason or 'no reason given'}")
    print(f"{step} of {journey} was taken by its provider for {to or 'the webhook'}")


async def _ask(redis: Client, shop: str, journey: str, step: str, to: str, lang: str) -> Told:
    """Raises CommandError."""
    known = await documents_of(redis, shop)
    stored = known.journeys.get(journey)
    document = stored.document if stored is not None else None
    if not isinstance(document, Journey):
        names = ", ".join(sorted(known.journeys)) or "none"
        raise CommandError(f"shop {shop!r} has no journey {journey!r}; it has {names}")
    found = send_step(document, step)
    if found is None:
        names = ", ".join(one.id for one in all_steps(document.steps) if isinstance(one, Send))
        raise CommandError(f"journey {journey!r} sends no {step!r}; it sends {names or 'nothing'}")
    if found.channel in TO and not 0 < len(to) <= MAX_TO:
        raise CommandError(f"{step} goes by {found.channel}: --to must be {TO[found.channel]}")
    sample = Sample(random.token_urlsafe(12), shop, journey, step, to, lang)
    try:
        await samples.ask(redis, sample)
    except samples.TooManySamples as fault:
        raise CommandError(str(fault)) from None
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        told = await samples.answered(redis, shop, sample.id)
        if told is not None:
            return told
        await asyncio.sleep(LOOK_S)
    raise CommandError(f"no worker answered within {PATIENCE_S:.0f} s; does `heimta worker` run?")
