"""Proof of what visitors said to being written to: when, where and to which words (GDPR article 7(1)).

Written by the edge before the fact itself goes into the log, so nothing is ever sent on a yes that nobody can
prove. Kept beside the visitor's state and for longer: the state goes after 90 days of silence, a claim may
come later.
"""

from __future__ import annotations

from typing import cast

import msgspec

from heimta.model.preferences import Proof
from heimta.store import keys
from heimta.store.connect import Client, text

KEEP = 100  # of one visitor, the newest

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Proof).decode


async def keep(redis: Client, shop: str, partition: int, visitor: str, proof: Proof) -> None:
    name = keys.proof(partition, shop, visitor)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zadd(name, {_encode(proof): proof.at})
        pipe.zremrangebyrank(name, 0, -KEEP - 1)
        pipe.expire(name, keys.PROOF_TTL_S)
        await pipe.execute()


async def of(redis: Client, shop: str, partition: int, visitor: str) -> list[Proof]:
    """The oldest first."""
    rows = await redis.zrange(keys.proof(partition, shop, visitor), 0, -1)
    return [_decode(raw) for raw in cast("list[bytes]", rows)]


async def keep_words(redis: Client, shop: str, name: str, words: str) -> None:
    """What the name in proofs stands for. The first telling stays."""
    await redis.hsetnx(keys.words(shop), name, words)


async def words(redis: Client, shop: str) -> dict[str, str]:
    return {text(name): text(value) for name, value in (await redis.hgetall(keys.words(shop))).items()}
