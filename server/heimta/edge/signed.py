"""How the hooks of a shop's own back end begin: a body that the shop signed, and that says one thing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.offers import unsigned
from heimta.ingest.commit import DEADLINE_S, Unavailable
from heimta.ingest.decode import BadBody, decode
from heimta.model.event import MAX_BODY
from heimta.rules.shapes import shape_faults

OLDEST_MS = 30 * 24 * 3600 * 1000
AHEAD_MS = 5 * 60 * 1000

MAX_TOLD = 5  # faults of a body; a list of a hundred products may have one in each

T = TypeVar("T")
_plain = msgspec.json.Decoder()

Take = Callable[[Edge, str, T, int], Awaitable[Response]]  # shop, what it says, now


async def hear(
    request: Request, decoder: msgspec.json.Decoder[T], take: Take[T], *, what: str, limit: int = MAX_BODY
) -> Response:
    """Read, have it taken within the deadline, and answer. what: for an error's code, `fulfilment`.
    limit: bytes of the body.
    """
    edge: Edge = request.app.state.edge
    shop, now = request.path_params["shop"], edge.clock()
    said = await _read_signed(edge, request, decoder, what=what, now=now, limit=limit)
    if isinstance(said, Response):
        return said
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await take(edge, shop, said, now)
    except (Unavailable, RedisError, OSError, TimeoutError):
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)


async def _read_signed(
    edge: Edge, request: Request, decoder: msgspec.json.Decoder[T], *, what: str, now: int, limit: int
) -> T | Response:
    """What the shop says, or the refusal."""
    try:
        body = await read_body(request, limit=limit)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    refused = unsigned(edge.shops.get(request.path_params["shop"]), request, body, now)
    if refused is not None:
        return refused
    try:
        return decode(decoder, body)
    except BadBody as fault:
        return refuse(400, f"bad_{what}", f"the body does not say that: {in_words(fault, decoder, body)}")


def in_words(fault: BadBody, decoder: msgspec.json.Decoder[T], body: bytes) -> str:
    """What is wrong with a body whose signature is right, field by field, for who writes the shop's side."""
    try:
        plain = decode(_plain, body)
    except BadBody:  # no JSON, or too deep
        return str(fault)
    return ". ".join(shape_faults(plain, decoder.type, most=MAX_TOLD)) or str(fault)


def untimely(name: str, at: int, now: int) -> Response | None:
    """The refusal of a time that cannot be: a clock that is wrong, or seconds for milliseconds."""
    if now - OLDEST_MS <= at <= now + AHEAD_MS:
        return None
    rule = "it must be ms since the epoch, at most 30 days ago and 5 minutes ahead"
    return refuse(400, "bad_time", f"{name} is {at}; {rule}")
