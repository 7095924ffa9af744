"""Who may speak for a shop: pages on the origins that its document lists."""

from __future__ import annotations

from starlette.responses import Response

from heimta.edge.answers import refuse
from heimta.edge.deps import Edge
from heimta.edge.shops import KnownShop


def shop_for(edge: Edge, shop: str, origin: str) -> KnownShop | Response:
    """The shop that is asked for, or the refusal for one that is unknown or for a page of somebody else's.

    A browser always names its Origin; who leaves it out is no browser, and CORS would not hold them either.
    """
    known = edge.shops.get(shop)
    if known is None:
        return refuse(404, "unknown_shop", f"there is no shop {shop!r} here", origin=origin)
    if origin and origin not in known.origins:
        edge.figures.refused("origin")
        return refuse(403, "bad_origin", f"{origin} is not among the shop's origins")
    return known
