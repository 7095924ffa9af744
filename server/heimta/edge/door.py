"""Who may speak for a shop: pages on the origins that its document lists; and how much of it is kept."""

from __future__ import annotations

import structlog
from starlette.responses import Response

from heimta.edge.answers import refuse
from heimta.edge.budget import wait_s
from heimta.edge.deps import Edge
from heimta.edge.shops import KnownShop

log = structlog.get_logger()


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


def too_much(edge: Edge, shop: str, now: int, origin: str) -> Response:
    """The refusal of what would be more than the shop's budget of the minute. now: ms."""
    edge.figures.refused("too_much")
    most = edge.budget.most
    log.warning("too many bytes from a shop's pages", shop=shop, most=most, mend="HEIMTA_SHOP_MB_PER_MINUTE")
    told = f"the shop's pages sent more than {most} bytes within a minute"
    return refuse(429, "too_much", told, origin=origin, retry_after_s=wait_s(now))
