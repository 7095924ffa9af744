"""How the small routes of shops' pages begin: the shop, the page's origin, a body that says one thing."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.door import shop_for
from heimta.edge.shops import KnownShop
from heimta.ingest.decode import BadBody, decode

T = TypeVar("T")

# Bytes, about, that the store keeps of a visitor beside what they said: a state, and for years a proof.
BESIDE = 500


class Asked(msgspec.Struct, Generic[T], frozen=True):
    """A request that may be answered. body: as it came; said: what it says."""

    shop: KnownShop
    body: bytes
    said: T


async def read_asked(
    edge: Edge, request: Request, decoder: msgspec.json.Decoder[T], *, limit: int, what: str
) -> Asked[T] | Response:
    """What was asked, or the refusal. limit: bytes. what: a noun for the error, `claim`."""
    known = shop_for(edge, request.path_params["shop"], request.headers.get("origin", ""))
    if isinstance(known, Response):
        return known
    try:
        body = await read_body(request, limit=limit)
        return Asked(known, body, decode(decoder, body))
    except Encoded as fault:
        return refuse(415, "encoded", str(fault), origin=request.headers.get("origin", ""))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault), origin=request.headers.get("origin", ""))
    except BadBody as fault:
        told = f"not a {what}: {fault}"
        return refuse(400, f"bad_{what}", told, origin=request.headers.get("origin", ""))


def has_room(edge: Edge, shop: str, body: bytes, *, is_no: bool = False) -> bool:
    """Whether the store may keep what was said. A shop's pages have as much for this as for their events, and
    apart from it; and as much again for what asks for less: who floods a shop with events, claims or made-up
    subscriptions keeps nobody from saying no.
    """
    return edge.budget.take(f"{shop} {'no' if is_no else 'asked'}", len(body) + BESIDE, edge.clock())
