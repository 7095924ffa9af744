"""What the sender writes of each message: the outcome that goes back into the log, and the rows of the send
log that tell a merchant why (store/why.py). Nothing here holds an address or a text.
"""

from __future__ import annotations

import msgspec
import structlog

from heimta.channels.result import Delivery
from heimta.journeys.ask import Asked
from heimta.model.message import DeliveryNote, Message
from heimta.model.visitor import VisitorState
from heimta.store.why import Row

log = structlog.get_logger()

_json = msgspec.json.Encoder().encode


def decided(message: Message, asked: Asked, now: int) -> Row:
    """The verdict, with the facts that it can be made again from."""
    verdict = asked.verdict
    row = _row(message, verdict.outcome, verdict.rule, now)
    return msgspec.structs.replace(row, until=verdict.until, facts=msgspec.Raw(_json(asked.facts)))


def refused(message: Message, rule: str, now: int) -> Row:
    """Not sent for a reason that shows only while it is made ready."""
    return _row(message, "skip", rule, now)


def waits(message: Message, rule: str, until: int, now: int) -> Row:
    """Not yet, for a reason that shows only while it is made ready."""
    return msgspec.structs.replace(_row(message, "retry", rule, now), until=until)


def answered(message: Message, delivery: Delivery, now: int) -> Row:
    return _row(message, delivery.outcome, delivery.reason, now)


def retried(message: Message, delivery: Delivery, until: int, now: int) -> Row:
    row = answered(message, delivery, now)
    return msgspec.structs.replace(row, outcome="retry", until=until)


def _row(message: Message, outcome: str, rule: str, now: int) -> Row:
    return Row(now, message.id, message.journey, message.step, message.channel, outcome, rule)


def note(message: Message, outcome: str, reason: str, *, told: int = 0, address: str = "") -> DeliveryNote:
    """told: as told_of says. address: as Delivery has it."""
    if outcome != "sent":  # what went well is counted, and stands in the send log: a line each costs 100 us
        log.info("message", message=message.id, channel=message.channel, outcome=outcome, why=reason)
    return DeliveryNote(
        vid=message.visitor,
        message=message.id,
        journey=message.journey,
        outcome=outcome,
        reason=reason,
        told=told,
        channel=message.channel,
        address=address,
    )


def told_of(state: VisitorState, message: Message, now: int) -> int:
    """When the address was told that this message goes to, ms: a newer one is not gone with it. Of a number
    that several may have told: when it was sent to.
    """
    match message.channel:
        case "push":
            return state.addressed[0]
        case "email":
            return state.identity.email_of[0] if state.identity is not None else 0
        case "messenger":
            return state.heard[0]
        case _:
            return now
