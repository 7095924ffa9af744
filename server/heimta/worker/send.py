"""Send what journeys decided: once more "may I?", then the channel's carrier, then the outcome back into the
log. docs/sending.md says what holds at a crash, channel by channel.

The order of a send: the visitor's state after all that was acknowledged; the verdict, with the person's
attention spent; the coupon; the claim; the carrier; the outcome. Each is named by the message's id, so after
a crash anywhere all of it may be done again. The claim is the one instant that says which came first, an
order or this message.

A crash between the send and the record: web push, e-mail and webhooks are sent again under the same id,
and the other side shows one. SMS and Messenger have no such id, so that they are about to leave is written
down with the claim (`begun_at`); met again, nobody knows whether they left, and they are never sent again. A
store that does not take a record is no crash: what the channel answered is kept in memory until it does. What
cannot be closed is an order that is acknowledged while the request is on the wire.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from time import monotonic

import msgspec
import structlog
from msgspec import Struct

from heimta.channels.result import BUSY, Delivery, unknown
from heimta.journeys.ask import Asked, ask, give_back
from heimta.journeys.confirm import plan_of
from heimta.model.channel import ONCE
from heimta.model.coupon import Coupon, worth_of
from heimta.model.currency import mark_of
from heimta.model.journey import Journey, Send, send_step
from heimta.model.message import Message
from heimta.model.person import hubs_of, names_of
from heimta.model.visitor import VisitorState
from heimta.rules.coupons import are_made
from heimta.store import coupons, keys, ordering, why
from heimta.store.connect import Client, sharing
from heimta.store.secrets import Secrets
from heimta.store.wallets import EMPTY, Refusal
from heimta.store.why import Row
from heimta.worker import send_log
from heimta.worker.carriers.all import Carriers
from heimta.worker.carriers.job import Job
from heimta.worker.effects import ShopContext
from heimta.worker.outbox import Lane
from heimta.worker.owner import Owner, is_outside
from heimta.worker.pack import Packer
from heimta.worker.tries import SECOND_MS, may_try_again, wait_ms
from heimta.worker.turnstile import Turnstile

LOOKS = 8  # at a visitor of whom something new comes each time
# Until a code that the shop has still to make is asked for again: a quarter of the time that it is late.
# A crowd that waits must not keep the others from their turn.
CODE_MS = 10_000
MOST_CODE_MS = 300_000
# Messages at once between the look and the claim, in a process: they go side by side and share their round
# trips. With hundreds a claim takes as long as all of them together, and then says too little. Those on the
# wire are not counted.
HANDS = 16
STALE_S = 0.5  # a claim that took longer says too little: a machine that slept meanwhile asks again

log = structlog.get_logger()


class _Errand(Struct, frozen=True):
    """One message on its way, with all that does not change meanwhile."""

    owner: Owner
    message: Message
    context: ShopContext
    secrets: Secrets
    now: int  # ms
    began: float  # seconds on the clock that only goes on, when it was `now`


class _Claimed(Struct, frozen=True):
    """A message that may leave now. row: the decision, not yet in the send log."""

    job: Job
    state: VisitorState
    row: Row


class _Answer(Struct, frozen=True):
    """What the channel said. at: when, ms. told: of which address (send_log.told_of). rows: not yet in the
    send log.
    """

    delivery: Delivery
    at: int
    told: int = 0
    rows: tuple[Row, ...] = ()
    coupon: Coupon | None = None


class Sender:
    """hold: steps that were due before are not sent, ms: after a restore nobody knows whether they were.

    elapsed: seconds on a clock that only goes on. confirm: returns once everything that was written to a
    partition is where a failover cannot lose it; asked for a mark only.
    """

    def __init__(
        self,
        redis: Client,
        carriers: Carriers,
        packer: Packer,
        *,
        partitions: int,
        hold: Callable[[], int] = int,
        elapsed: Callable[[], float] = monotonic,
        confirm: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self.line = sharing(redis)  # for what is asked once a message
        self._carriers = carriers
        self._packer = packer
        self._partitions = partitions
        self._hold = hold
        self._elapsed = elapsed
        self._confirm = confirm
        self._hands = Turnstile(HANDS)
        # Sent, not recorded yet, by message and try. One that another worker records in our place stays here:
        # a few bytes, a few at each lost lease.
        self._answered: dict[tuple[str, int], _Answer] = {}
        # Marked by us as about to leave, and never handed over: message -> the mark. A store that broke while
        # it took the mark leaves such a one behind, and this process knows that it may still be sent.
        self._marked: dict[str, int] = {}
        # Until when a shop's provider wants nothing, ms.
        self._pauses: dict[Lane, int] = {}
        # How often a provider took nothing at all, by shop, channel and reason.
        self.refused: Counter[tuple[str, str, str]] = Counter()

    def is_paused(self, lane: Lane, *, now: int) -> bool:
        """Whether a shop's provider asked for patience, with one of its messages."""
        return self._pauses.get(lane, 0) > now

    async def send(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> None:
        """Send one message of the outbox, or drop it with the rule that held it, or keep it for later."""
        errand = _Errand(owner, message, context, secrets_, now, self._elapsed())
        try:
            await self._send(errand)
        except Exception as fault:  # a bug, or a cart made to find one: it ends this message and no other
            if is_outside(fault):
                raise
            log.exception("message cannot be sent", message=message.id)
            bug = f"{type(fault).__name__}: {fault}"
            await owner.finish(message, send_log.note(message, "failed", "bug"), now=now, bug=bug)

    async def _send(self, errand: _Errand) -> None:
        attempt = (errand.message.id, errand.message.tries)
        is_late = errand.message.begun_at > 0 or attempt in self._answered
        if attempt not in self._answered:
            answer = await self._hand_over(errand)
            if answer is None:
                return
            self._answered[attempt] = answer
            is_late = is_late or self._time(errand) - errand.now > keys.LEASE_MS
        if is_late and await self._is_erased(errand):
            await self._end_unsaid(errand)
        else:
            await self._record(errand, self._answered[attempt])
        del self._answered[attempt]

    async def _is_erased(self, errand: _Errand) -> bool:
        """Asked of what comes later than `heimta forget` waits for."""
        state, _ = await errand.owner.look(errand.message.shop, errand.message.visitor, drains=False)
        return state is None

    async def _end_unsaid(self, errand: _Errand) -> None:
        """The visitor was erased: not a word of it may be written anew."""
        self._marked.pop(errand.message.id, None)
        await errand.owner.finish(errand.message, None, now=errand.now)

    async def _hand_over(self, errand: _Errand) -> _Answer | None:
        """Ask every rule, claim, and give it to the carrier. None: it did not leave, and that is recorded."""
        message = errand.message
        if message.begun_at and self._marked.get(message.id) != message.begun_at:
            return _Answer(unknown("crash"), errand.now)
        async with self._hands.turn(first=message.tries > 0):  # its channel has said when
            claimed = await self._look_and_claim(errand)
        if claimed is None:
            return None
        self._marked.pop(message.id, None)
        job = msgspec.structs.replace(claimed.job, now=self._time(errand))
        delivery = await self._carriers[message.channel].send(job)
        if delivery.away:
            self.refused[message.shop, message.channel, delivery.reason] += 1
            log.warning(
                "provider takes nothing", shop=message.shop, channel=message.channel, why=delivery.reason
            )
            await self._give_back(message, claimed.state)
        rows = () if message.channel in ONCE or _is_known_away(message, delivery) else (claimed.row,)
        told = send_log.told_of(claimed.state, message, errand.now)
        return _Answer(delivery, self._time(errand), told, rows, job.coupon)

    async def _look_and_claim(self, errand: _Errand) -> _Claimed | None:
        message, was_asked = errand.message, False
        for turn in range(LOOKS):
            # What is folded mostly is all there is of the visitor; the claim tells. A no waits for the rest.
            state, place = await errand.owner.look(message.shop, message.visitor, drains=turn > 0)
            journey, version = plan_of(errand.context.plans, message, state)
            asked = await self._ask(errand, state, journey, version)
            row = send_log.decided(message, asked, errand.now)
            if turn == 0 and asked.verdict.outcome != "send":
                continue
            if state is None:
                await self._end_unsaid(errand)
                return None
            if was_asked and asked.verdict.outcome != "send":  # for a claim that came to nothing
                await self._give_back(message, state)
            was_asked = True
            if asked.verdict.outcome == "defer":
                await self._defer(errand, row)
                return None
            step = send_step(journey, message.step) if journey is not None else None
            if asked.verdict.outcome == "skip" or step is None:
                await self._skip(errand, row)
                return None
            coupon = await self._coupon(errand, state, step)
            if isinstance(coupon, str):
                await self._go_without(errand, state, step, coupon, row)
                return None
            job = await self._packer.pack(
                message,
                step,
                state,
                errand.context,
                errand.secrets,
                partition=errand.owner.partition,
                coupon=coupon,
                service=journey is not None and journey.service,
                now=errand.now,
            )
            if message.channel in ONCE:  # after a crash nobody else could tell by which rule it left
                await why.keep(self.line, message.shop, errand.owner.partition, message.visitor, row)
            if not await self._claim(errand, place):
                continue
            if job.service or not await self._is_ordering(state):
                return _Claimed(job, state, row)
            await self._give_back(message, state)
            await self._wait_a_second(errand, "an order of the person is on its way")
            return None
        await self._wait_a_second(errand, "news of the visitor without a break")
        return None

    def _time(self, errand: _Errand) -> int:
        """ms, by now. Among many messages one may take seconds, and a wait is counted from the answer."""
        return errand.now + round((self._elapsed() - errand.began) * 1000)

    async def _ask(
        self, errand: _Errand, state: VisitorState | None, journey: Journey | None, version: int
    ) -> Asked:
        return await ask(
            self.line,
            state,
            errand.message,
            journey,
            errand.context.shop,
            partitions=self._partitions,
            version=version,
            hold=self._hold(),
            now=errand.now,
        )

    async def _give_back(self, message: Message, state: VisitorState) -> None:
        """The attention that it took, if it was never tried: what was tried may have been seen."""
        if message.tries == 0:
            await give_back(self.line, state, message, partitions=self._partitions)

    async def _coupon(self, errand: _Errand, state: VisitorState, step: Send) -> Coupon | Refusal | None:
        """None: the step has none."""
        if step.coupon is None:
            return None
        message = errand.message
        cart = state.carts.get(message.cart)
        return await coupons.for_message(
            self.line,
            message.shop,
            names_of(state),
            step.coupon,
            message.id,
            self._partitions,
            now=errand.now,
            source=f"j.{message.journey}.{step.id}",
            channel=step.channel,
            cart_minor=worth_of(cart.cart if cart is not None else None, errand.context.shop.currency),
            mark=mark_of(errand.context.shop.currency, errand.context.first_currency),
        )

    async def _claim(self, errand: _Errand, since: str) -> bool:
        """Whether it may leave, in the very instant that nothing of the visitor came since that place."""
        message, asked = errand.message, self._elapsed()
        is_once = message.channel in ONCE
        if is_once:
            self._marked[message.id] = errand.now
            message = msgspec.structs.replace(message, begun_at=errand.now)
        if not await errand.owner.claim(message, since, mark=is_once):
            return False
        if is_once and self._confirm is not None:
            await self._confirm(errand.owner.partition)
        return self._elapsed() - asked < STALE_S

    async def _is_ordering(self, state: VisitorState) -> bool:
        """Whether an order of the person was acknowledged that this browser has not heard of. Asked after the
        claim: what is acknowledged from then on came later than this message.
        """
        noted_at = await ordering.noted_at(self.line, state.shop, hubs_of(state), self._partitions)
        return noted_at > state.bought_at

    async def _go_without(
        self, errand: _Errand, state: VisitorState, step: Send, refusal: Refusal, row: Row
    ) -> None:
        """The message promises a code, and there is none."""
        message = errand.message
        await self._give_back(message, state)
        if refusal == EMPTY and step.coupon is not None and are_made(step.coupon, errand.context.shop):
            await self._wait_for_codes(errand, row)
        else:
            await self._skip(errand, row, send_log.refused(message, "no coupon", errand.now))

    async def _skip(self, errand: _Errand, *rows: Row) -> None:
        """The last row's rule held it, for good."""
        self._marked.pop(errand.message.id, None)
        note = send_log.note(errand.message, "skipped", rows[-1].rule)
        await errand.owner.finish(errand.message, note, now=errand.now, rows=rows)

    async def _defer(self, errand: _Errand, row: Row) -> None:
        """Not now: the time that a rule holds it back does not make it late."""
        message = errand.message
        self._marked.pop(message.id, None)
        log.info("message deferred", message=message.id, why=row.rule, until=row.until)
        deferred_ms = message.deferred_ms + max(0, row.until - errand.now)
        later = msgspec.structs.replace(message, not_before=row.until, deferred_ms=deferred_ms, begun_at=0)
        await errand.owner.postpone(later, rows=(row,))

    async def _wait_for_codes(self, errand: _Errand, row: Row) -> None:
        """More are made (worker/mint.py). It is waited for at no try's cost, until it is too late."""
        message, now = errand.message, errand.now
        self._marked.pop(message.id, None)
        late_ms = now - message.due_at - message.deferred_ms
        until = now + min(max(late_ms // 4, CODE_MS), MOST_CODE_MS)
        is_told = message.not_before > 0  # once is enough: a visitor's send log has room for 150 rows
        rows = () if is_told else (row, send_log.waits(message, "no code yet", until, now))
        later = msgspec.structs.replace(message, not_before=until, begun_at=0)
        await errand.owner.postpone(later, rows=rows)

    async def _wait_a_second(self, errand: _Errand, reason: str) -> None:
        """Nothing left, and nobody said no: a second later it is tried anew, at no try's cost."""
        message = errand.message
        self._marked.pop(message.id, None)
        log.info("message postponed", message=message.id, why=reason)
        not_before = errand.now + SECOND_MS
        await errand.owner.postpone(msgspec.structs.replace(message, not_before=not_before, begun_at=0))

    async def _record(self, errand: _Errand, answer: _Answer) -> None:
        message, delivery, now = errand.message, answer.delivery, errand.now
        if delivery.reason == BUSY:
            await self._wait_a_second(errand, BUSY)
            return
        if may_try_again(message, delivery):
            until = answer.at + wait_ms(message, delivery)
            if delivery.retry_after_s is not None and message.channel != "push":  # many services, not one
                lane, asked_ms = (message.shop, message.channel), round(delivery.retry_after_s * 1000)
                self._pauses[lane] = max(self._pauses.get(lane, 0), answer.at + asked_ms)
            log.info("message postponed", message=message.id, why=delivery.reason, until=until)
            rows = answer.rows
            if not _is_known_away(message, delivery):
                rows = (*rows, send_log.retried(message, delivery, until, now))
            tries = message.tries + (not delivery.away)
            later = msgspec.structs.replace(message, tries=tries, not_before=until, begun_at=0)
            await errand.owner.postpone(later, rows=rows)
            return
        if answer.coupon is not None and _reached_nobody(message, delivery):
            shop, coupon = message.shop, answer.coupon
            await coupons.take_back(self.line, shop, coupon, message.id, self._partitions)
        rows = (*answer.rows, send_log.answered(message, delivery, now))
        note = send_log.note(
            message, delivery.outcome, delivery.reason, told=answer.told, address=delivery.address
        )
        await errand.owner.finish(message, note, now=now, rows=rows)


def _is_known_away(message: Message, delivery: Delivery) -> bool:
    """A provider that is down all night is told of once: a visitor's send log has room for 150 rows."""
    return delivery.away and message.not_before > 0


def _reached_nobody(message: Message, delivery: Delivery) -> bool:
    """Refused for good at the first try: of one that was tried before, nobody knows what became of that."""
    is_refused = delivery.outcome == "gone" or (delivery.outcome == "failed" and delivery.permanent)
    return is_refused and not message.tries
