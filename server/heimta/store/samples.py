"""Samples on their way from whoever asks, console or command line, to a worker, and its answer back.

Only a worker reaches the providers; the console must not. A sample is taken before it is sent, so it is sent
once or never: who asked waits for the answer, and asks again.
"""

from __future__ import annotations

from typing import cast

import msgspec

from heimta.model.sample import Sample, Told
from heimta.store import keys
from heimta.store.connect import Client

PER_MINUTE = 10  # of one shop: a console that somebody got into must not become a sender of anything
WAIT_S = 60  # what no worker took by then is forgotten
ANSWER_S = 300

_encode = msgspec.json.Encoder().encode
_sample = msgspec.json.Decoder(Sample).decode
_told = msgspec.json.Decoder(Told).decode


class TooManySamples(Exception):
    """The shop had its samples of this minute."""


async def ask(redis: Client, sample: Sample) -> None:
    """Raises TooManySamples, RedisError."""
    lately = keys.samples_lately(sample.shop)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.incr(lately)
        pipe.expire(lately, 60, nx=True)
        count, _ = await pipe.execute()
    if count > PER_MINUTE:
        raise TooManySamples(f"shop {sample.shop!r} had {PER_MINUTE} in this minute; wait for the next one")
    async with redis.pipeline(transaction=True) as pipe:
        pipe.lpush(keys.SAMPLES, _encode(sample))
        pipe.expire(keys.SAMPLES, WAIT_S)
        await pipe.execute()


async def take(redis: Client) -> Sample | None:
    """The one that waits longest; it is nobody else's from now on. Raises RedisError."""
    raw = cast("bytes | None", await redis.rpop(keys.SAMPLES))
    return _sample(raw) if raw is not None else None


async def answer(redis: Client, sample: Sample, told: Told) -> None:
    """Raises RedisError."""
    await redis.set(keys.sample(sample.shop, sample.id), _encode(told), ex=ANSWER_S)


async def answered(redis: Client, shop: str, sample_id: str) -> Told | None:
    """None while nobody has answered. Raises RedisError."""
    raw = cast("bytes | None", await redis.get(keys.sample(shop, sample_id)))
    return _told(raw) if raw is not None else None
