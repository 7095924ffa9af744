"""What arrived against what should have: one message a shopper and channel, and what their state says of it.

Lost: it did not arrive, and nobody says so. An SMS that was about to leave when its sender died is told as
`unknown`, whether it left or not: that is the price of never sending it twice, and it is counted apart.
Twice: two copies that the receiving side would both show. Pushes of one topic replace each other, mails of
one Message-ID are one; SMS and Messenger have nothing of the kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from heimta.model.channel import ONCE, Channel
from heimta.model.message import message_id
from heimta.model.visitor import VisitorState
from heimta.store.connect import Client
from loadtest.chaos.check import states
from loadtest.sending.ground import CHANNELS, Shopper
from loadtest.sending.receivers import Receivers

_state = msgspec.msgpack.Decoder(VisitorState).decode


class Tally(Struct):
    """unknown: so told; arrived: of those, the ones that did. copies: of the same message, collapsed."""

    sent: Counter[Channel]
    twice: Counter[Channel]
    copies: Counter[Channel]
    unknown: Counter[Channel]
    arrived: Counter[Channel]
    lost: int = 0
    told_wrong: int = 0
    details: list[str] = []

    def in_words(self, count: int, elsewhere: int) -> str:
        lines = [f"{count:,} shoppers, {len(CHANNELS)} messages each; {elsewhere} workers killed elsewhere"]
        for channel in CHANNELS:
            unknown = f"{self.unknown[channel]} unknown ({self.arrived[channel]} of them arrived)"
            lines.append(
                f"{channel:9} {self.sent[channel]:6,} sent  {unknown}  {self.copies[channel]} copies"
                f" that are shown as one  {self.twice[channel]} twice"
            )
        return "\n".join(lines + self.details[:20])


async def tally(
    redis: Client, shop: str, shoppers: Sequence[Shopper], at: Receivers, partitions: int
) -> Tally:
    """Call it when nothing is left to be sent."""
    told = Tally(Counter(), Counter(), Counter(), Counter(), Counter())
    raw = await states(redis, shop, {one.visitor for one in shoppers}, partitions)
    for one in shoppers:
        known = _state(raw[one.visitor]) if one.visitor in raw else None
        for channel in CHANNELS:
            _one(told, shop, one, channel, known, at)
    return told


def _one(
    told: Tally, shop: str, one: Shopper, channel: Channel, known: VisitorState | None, at: Receivers
) -> None:
    receipts = at.receipts[channel].get(one.address(channel), [])
    name = message_id(shop, one.visitor, "all", channel, one.visitor[:11])
    held = known.deliveries.get(name) if known is not None else None
    outcome = held.outcome if held is not None else ""
    visible = len(receipts) if channel in ONCE else len({receipt.copy for receipt in receipts})
    told.twice[channel] += max(0, visible - 1)
    told.copies[channel] += len(receipts) - min(visible, len(receipts))
    match outcome:
        case "sent":
            told.sent[channel] += 1
            is_true = bool(receipts)
        case "unknown":
            told.unknown[channel] += 1
            told.arrived[channel] += bool(receipts)
            is_true = channel in ONCE
        case _:
            is_true = False
    if is_true:
        return
    if receipts:
        told.told_wrong += 1
    else:
        told.lost += 1
    told.details.append(f"{channel} of shopper {one.number}: told as {outcome!r}, {len(receipts)} receipts")
