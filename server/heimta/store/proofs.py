"""Proof of what visitors said to being written to: when, where and to which words (GDPR article 7(1)).

Written by the edge before the fact itself goes into the log, so nothing is ever sent on a yes that nobody can
prove. Kept beside the visitor's state and for longer: the state goes after 90 days of silence, a claim may
come later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import msgspec

from heimta.model.preferences import Proof
from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import FULL, Script

KEEP = 100  # of one visitor, the newest

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Proof).decode


# KEYS proofs · ARGV when, proof, rank, seconds
_SOURCE = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
"""
_KEEP, _INSIST = Script(_SOURCE), Script(FULL + _SOURCE)
# KEYS words · ARGV name, words. There are as many as the shop's documents have.
_WORDS = Script(FULL + "return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])")


async def keep(
    redis: Client, shop: str, partition: int, visitor: str, proof: Proof, *, insists: bool = False
) -> None:
    """insists: also where memory is full, as for a stop that somebody signed."""
    name = keys.proof(partition, shop, visitor)
    script = _INSIST if insists else _KEEP
    await script(redis, [name], [proof.at, _encode(proof), -KEEP - 1, keys.PROOF_TTL_S])


async def of(redis: Client, shop: str, partition: int, visitor: str) -> list[Proof]:
    """The oldest first."""
    rows = await redis.zrange(keys.proof(partition, shop, visitor), 0, -1)
    return [_decode(raw) for raw in cast("list[bytes]", rows)]


async def everyone(redis: Client, shop: str) -> AsyncIterator[str]:
    """Whoever said something: visitors, and hubs of words that did. One may come twice, as SCAN has it."""
    async for key in redis.scan_iter(match=f"{{p*}}:proof:{shop}:*", count=1000):
        yield text(key).rpartition(":")[2]


async def keep_words(redis: Client, shop: str, name: str, words: str) -> None:
    """What the name in proofs stands for. The first telling stays."""
    await _WORDS(redis, [keys.words(shop)], [name, words])


async def words(redis: Client, shop: str) -> dict[str, str]:
    return {text(name): text(value) for name, value in (await redis.hgetall(keys.words(shop))).items()}
