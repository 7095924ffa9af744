"""Who answered a survey, the newest first: a list of visitors in each partition. Their states say what.

So a text lies in one place, and goes with its visitor: a name in the list whose state is gone, or says
nothing any more, is passed over. The list is written before the step that folds the answers and not with it:
what is written twice is the same, and a name that is there too early harms nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from heimta.model.orders import OrderState
from heimta.model.visitor import Answer, VisitorState
from heimta.store import keys
from heimta.store.connect import Client, text

KEEP = 250  # visitors a survey and partition: 4,000 with 16 partitions
READ = 200  # states in one trip
JOIN_MS = 24 * 3_600_000  # an order so long before an answer belongs to it
CLOCK_SLACK_MS = 120_000  # shop's clock and browser's

_decode = msgspec.msgpack.Decoder(VisitorState).decode

Heard = Mapping[tuple[str, str], Mapping[str, int]]  # (shop, campaign) -> visitor -> ms


class Response(msgspec.Struct, frozen=True):
    """One visitor's answers to one survey. at: of the newest, ms. order: placed shortly before, or None."""

    at: int
    answers: dict[str, Answer]  # by question; those that were skipped or taken back are left out
    order: OrderState | None

    @property
    def has_words(self) -> bool:
        return any(answer.text for answer in self.answers.values())


async def note(redis: Client, partition: int, heard: Heard) -> None:
    """Put visitors on the lists of the surveys that they answered."""
    async with redis.pipeline(transaction=False) as pipe:
        for (shop, campaign), visitors in heard.items():
            key = keys.answered(partition, shop, campaign)
            pipe.zadd(key, dict(visitors), gt=True)
            pipe.zremrangebyrank(key, 0, -KEEP - 1)
            pipe.expire(key, keys.STATE_TTL_S)
        await pipe.execute()


async def are_there(redis: Client, shop: str, campaign: str, partitions: int) -> bool:
    """Whether anybody who is still known has answered it."""
    async with redis.pipeline(transaction=False) as pipe:
        for partition in range(partitions):
            pipe.exists(keys.answered(partition, shop, campaign))
        return any(await pipe.execute())


async def newest(
    redis: Client, shop: str, campaign: str, partitions: int, *, most: int, words: bool = False
) -> list[Response]:
    """At most `most` responses, the newest first; words: only those in which something was written."""
    found: list[Response] = []
    named = await _listed(redis, shop, campaign, partitions)
    for start in range(0, len(named), READ):
        # One by one, since each partition's keys are its own: a cluster has them on several servers.
        async with redis.pipeline(transaction=False) as pipe:
            for partition, visitor in named[start : start + READ]:
                pipe.get(keys.visitor(partition, shop, visitor))
            rows = await pipe.execute()
        for row in rows:
            response = None if row is None else response_of(_decode(row), campaign)
            if response is not None and (response.has_words or not words):
                found.append(response)
        if len(found) >= most:
            break
    found.sort(key=lambda response: -response.at)
    return found[:most]


async def _listed(redis: Client, shop: str, campaign: str, partitions: int) -> list[tuple[int, str]]:
    async with redis.pipeline(transaction=False) as pipe:
        for partition in range(partitions):
            pipe.zrange(keys.answered(partition, shop, campaign), 0, -1, withscores=True)
        rows = await pipe.execute()
    named = [(at, p, text(visitor)) for p, row in enumerate(rows) for visitor, at in row]
    return [(partition, visitor) for _, partition, visitor in sorted(named, reverse=True)]


def response_of(state: VisitorState, campaign: str) -> Response | None:
    """What a visitor said in a survey; None for nothing, or for the merchant's own visit."""
    said = {q: answer for q, answer in state.answers.get(campaign, {}).items() if not answer.is_empty}
    if not said or state.preview:
        return None
    at = max(answer.stamp[0] for answer in said.values())
    before = [order for order in state.orders.values() if -CLOCK_SLACK_MS <= at - order.at <= JOIN_MS]
    return Response(at, said, max(before, key=lambda order: (order.at, order.id), default=None))
