"""Send what journeys decided: once more "may I?", then the channel's carrier, then the outcome back into the
log. docs/sending.md says what holds at a crash, channel by channel.

A crash between the send and the record: web push, e-mail and webhooks are sent again under the same id,
and the other side shows one. SMS and Messenger have no such id, so that they are about to leave is written
down first (`begun_at`); met again, nobody knows whether they left, and they are never sent again. A store
that does not take a record is no crash: what the channel answered is kept in memory until it does. What
cannot be closed is an order that is acknowledged while the request is on the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import msgspec
import structlog

from heimta.channels.result import Delivery, unknown
from heimta.journeys.advance import why_not
from heimta.journeys.reach import unreachable
from heimta.model.channel import ONCE
from heimta.model.journey import Send
from heimta.model.message import DeliveryNote, Message
from heimta.model.visitor import VisitorState
from heimta.store.secrets import Secrets
from heimta.worker.carriers.all import Carriers
from heimta.worker.effects import ShopContext
from heimta.worker.owner import Owner, is_outside
from heimta.worker.pack import Packer

TRIES = 6
FIRST_WAIT_MS = 30_000
LOOKS = 8  # at a visitor of whom something new comes each time
NEWS_WAIT_MS = 1000
STALE_S = 0.25  # from the look at the state until it is handed over; a machine that slept looks again

log = structlog.get_logger()


class Sender:
    """hold: steps that were due before are not sent, ms: after a restore nobody knows whether they were.

    elapsed: seconds on a clock that only goes on.
    """

    def __init__(
        self,
        carriers: Carriers,
        packer: Packer,
        *,
        hold: Callable[[], int] = int,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        self._carriers = carriers
        self._packer = packer
        self._hold = hold
        self._elapsed = elapsed
        # Sent, not recorded yet: (message, try) -> the channel's answer, and to which subscription. One that
        # another worker records in our place stays here: a few bytes, a few at each lost lease.
        self._answered: dict[tuple[str, int], tuple[Delivery, int]] = {}
        # Marked by us as about to leave, and never handed over: message -> the mark. A store that broke while
        # it took the mark leaves such a one behind, and this process knows that it may still be sent.
        self._marked: dict[str, int] = {}

    async def send(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> None:
        """Send one message of the outbox, or drop it with the rule that held it, or keep it for later."""
        try:
            await self._send(owner, message, context, secrets_, now=now)
        except Exception as fault:  # a bug, or a cart made to find one: it ends this message and no other
            if is_outside(fault):
                raise
            log.exception("message cannot be sent", message=message.id)
            why = f"{type(fault).__name__}: {fault}"
            await owner.finish(message, _note(message, "failed", "bug"), now=now, bug=why)

    async def _send(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> None:
        attempt = (message.id, message.tries)
        if attempt not in self._answered:
            answered = await self._ask(owner, message, context, secrets_, now=now)
            if answered is None:
                return
            self._answered[attempt] = answered
        delivery, told = self._answered[attempt]
        await _record(owner, message, delivery, told=told, now=now)
        del self._answered[attempt]

    async def _ask(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> tuple[Delivery, int] | None:
        """Hand it to the channel. None: a rule held it, and that is recorded."""
        if message.begun_at and self._marked.get(message.id) != message.begun_at:
            return unknown("crash"), 0
        for _ in range(LOOKS):
            looked = self._elapsed()
            state = await owner.settled(message.shop, message.visitor)
            step = _step(message, context)
            held = self._held(state, message, step, context, now)
            if held or state is None or step is None:
                self._marked.pop(message.id, None)
                await owner.finish(message, _note(message, "skipped", held), now=now)
                return None
            job = await self._packer.pack(
                message, step, state, context, secrets_, partition=owner.partition, coupon=None, now=now
            )
            if await self._claim(owner, message, now) and self._elapsed() - looked < STALE_S:
                self._marked.pop(message.id, None)
                delivery = await self._carriers[message.channel].send(job)
                return delivery, _told(state, message)
        self._marked.pop(message.id, None)
        log.info("message postponed", message=message.id, why="news of the visitor without a break")
        await owner.postpone(msgspec.structs.replace(message, not_before=now + NEWS_WAIT_MS, begun_at=0))
        return None

    async def _claim(self, owner: Owner, message: Message, now: int) -> bool:
        """Whether it may leave, in the very instant that nothing of the visitor is unfolded."""
        if message.channel not in ONCE:
            return await owner.claim(message, mark=False)
        self._marked[message.id] = now
        return await owner.claim(msgspec.structs.replace(message, begun_at=now), mark=True)

    def _held(
        self,
        state: VisitorState | None,
        message: Message,
        step: Send | None,
        context: ShopContext,
        now: int,
    ) -> str:
        """'' if the message may leave now, else the rule that holds it."""
        if state is None:
            return "visitor forgotten"
        known = context.journeys.get(message.journey)
        if held := why_not(state, message, known[0] if known else None, now=now):
            return held
        if step is None:
            return "step gone"
        if message.channel not in self._carriers:
            return "channel not built"
        if held := unreachable(state, message.channel, context.shop):
            return held
        if message.due_at < self._hold():
            return "due before the restore"
        late_ms = now - message.due_at - message.deferred_ms
        return "too late" if late_ms > step.max_late_min * 60_000 else ""


def _step(message: Message, context: ShopContext) -> Send | None:
    """None if the journey or its step is gone, or is another kind of step now."""
    known = context.journeys.get(message.journey)
    step = next((s for s in known[0].steps if s.id == message.step), None) if known else None
    return step if isinstance(step, Send) else None


def _told(state: VisitorState, message: Message) -> int:
    """When the address was told that this message goes to, ms: a newer one is not gone with it."""
    return state.addressed[0] if message.channel == "push" else 0


async def _record(owner: Owner, message: Message, delivery: Delivery, *, told: int, now: int) -> None:
    if _may_try_again(message, delivery):
        wait_ms = FIRST_WAIT_MS * 2**message.tries
        if delivery.retry_after_s is not None:  # never sooner than our own patience: 0 would burn all tries
            wait_ms = max(wait_ms, round(delivery.retry_after_s * 1000))
        later = msgspec.structs.replace(
            message, tries=message.tries + 1, not_before=now + wait_ms, begun_at=0
        )
        log.info("message postponed", message=message.id, why=delivery.reason, wait_ms=wait_ms)
        await owner.postpone(later)
        return
    await owner.finish(message, _note(message, delivery.outcome, delivery.reason, told), now=now)


def _may_try_again(message: Message, delivery: Delivery) -> bool:
    if message.tries + 1 >= TRIES:
        return False
    if delivery.outcome == "unknown":
        return message.channel not in ONCE
    return delivery.outcome == "failed" and not delivery.permanent


def _note(message: Message, outcome: str, reason: str, told: int = 0) -> DeliveryNote:
    log.info("message", message=message.id, channel=message.channel, outcome=outcome, why=reason)
    return DeliveryNote(
        vid=message.visitor,
        message=message.id,
        journey=message.journey,
        outcome=outcome,
        reason=reason,
        told=told,
        channel=message.channel,
    )
