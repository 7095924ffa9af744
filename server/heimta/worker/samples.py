"""Send samples: a step's message as a shopper would get it, to the merchant's own address.

The carrier is the one that shoppers' messages go by; what is asked of those (consent, limits, the order) is
asked of nobody here. What it tells of is made up (made_up.py), but for the cart of a browser that a push goes
to. Nothing is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_urlsafe

import msgspec
import structlog

from heimta.channels.result import BUSY, failed
from heimta.model.channel import Channel
from heimta.model.coupon import Coupon
from heimta.model.journey import Send, send_step
from heimta.model.message import Message
from heimta.model.sample import NOBODY, Sample, Told
from heimta.model.visitor import Identity, Stamp, VisitorState
from heimta.store import keys, samples
from heimta.store.connect import Client
from heimta.store.partition import PartitionStore
from heimta.worker.aside import Aside
from heimta.worker.carriers.all import Carriers
from heimta.worker.contexts import Contexts
from heimta.worker.made_up import begin
from heimta.worker.pack import Packer

MOST = 50  # at once

log = structlog.get_logger()
_state = msgspec.msgpack.Decoder(VisitorState).decode


class Samples:
    def __init__(
        self,
        redis: Client,
        carriers: Carriers,
        packer: Packer,
        contexts: Contexts,
        *,
        partitions: int,
        clock: Callable[[], int],
    ) -> None:
        self._redis = redis
        self._carriers = carriers
        self._packer = packer
        self._contexts = contexts
        self._partitions = partitions
        self._clock = clock
        self._sending = Aside()

    async def look(self) -> None:
        """Begin to send the samples that wait, each on its own: a server that hangs holds up no other one.
        Raises RedisError, and whatever ended one since the last look.
        """
        self._sending.collect()
        while len(self._sending) < MOST and (sample := await samples.take(self._redis)) is not None:
            self._sending.begin(f"{sample.shop} {sample.id}", self._answer(sample))

    async def close(self) -> None:
        """Call off what is under way: who asked asks again."""
        await self._sending.close()

    async def _answer(self, sample: Sample) -> None:
        told = await self._send(sample, self._clock())
        log.info("sample", shop=sample.shop, step=sample.step, outcome=told.outcome, why=told.reason)
        await samples.answer(self._redis, sample, told)

    async def _send(self, sample: Sample, now: int) -> Told:
        context = self._contexts.shops.get(sample.shop)
        kept = self._contexts.secrets.get(sample.shop)
        known = context.journeys.get(sample.journey) if context is not None else None
        step = send_step(known[0], sample.step) if known is not None else None
        if context is None or kept is None or known is None or step is None:
            return Told("refused", f"journey {sample.journey!r} has no message {sample.step!r}")
        state = await self._addressee(sample, step.channel, now)
        if state is None:
            return Told("refused", f"no visitor {sample.to!r} subscribed to push")
        message = begin(state, known[0], context.shop, _message(sample, step, state, now), known[1])
        home = keys.partition_of(sample.shop, state.visitor, self._partitions)
        try:
            job = await self._packer.pack(
                message,
                step,
                state,
                context,
                kept,
                partition=home,
                coupon=_coupon(step, now),
                service=known[0].service,
                now=now,
            )
            delivery = await self._carriers[step.channel].send(job)
        except (ValueError, LookupError, TypeError, AttributeError) as fault:  # a bug, as for any message
            log.exception("sample cannot be sent", shop=sample.shop, step=sample.step)
            delivery = failed(f"bug: {type(fault).__name__}: {fault}", permanent=True)
        if delivery.reason == BUSY:
            return Told("refused", "all places at the provider are taken; try again in a moment")
        return Told(delivery.outcome, delivery.reason)

    async def _addressee(self, sample: Sample, channel: Channel, now: int) -> VisitorState | None:
        """Somebody with that address. None: it is a push, and the visitor has no subscription."""
        at: Stamp = (now, "sample", 0)
        state = VisitorState(sample.shop, NOBODY)
        match channel:
            case "push":
                found = await self._visitor(sample.shop, sample.to)
                if found is None or found.subscription is None:
                    return None
                state = found
            case "email":
                state.identity = Identity(email=sample.to, email_of=at)
            case "sms":
                state.identity = Identity(phone=sample.to, phone_of=at)
            case "messenger":
                state.psid, state.heard = sample.to, at
        state.lang = sample.lang or state.lang
        return state

    async def _visitor(self, shop: str, visitor: str) -> VisitorState | None:
        home = keys.partition_of(shop, visitor, self._partitions)
        [raw] = await PartitionStore(self._redis, home, "").states([(shop, visitor)])
        return _state(raw) if raw is not None else None


def _message(sample: Sample, step: Send, state: VisitorState, now: int) -> Message:
    """Its id is new each time: a second sample must not replace the first, and is no shopper's."""
    return Message(
        id=token_urlsafe(16)[:22],
        shop=sample.shop,
        visitor=state.visitor,
        journey=sample.journey,
        step=step.id,
        channel=step.channel,
        cart="",
        due_at=now,
    )


def _coupon(step: Send, now: int) -> Coupon | None:
    """No code of the offer: a sample spends nothing."""
    offer = step.coupon
    if offer is None:
        return None
    return Coupon("SAMPLE-CODE", offer.kind, offer.value, offer.min_cart_minor, now + 24 * 3_600_000)
