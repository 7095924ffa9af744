"""`GET /r/{token}`: bring a cart back, in whatever browser it was opened. `GET /r/to/{token}`: lead on."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.edge.deps import Edge
from heimta.edge.preferences import spoken_by
from heimta.edge.restore_page import restore_page
from heimta.model.documents import ShopDoc
from heimta.model.restore import RestoreRow
from heimta.rules.tokens import BadToken, ExpiredToken, read_restore, read_way, shop_of
from heimta.store import coupons, restore

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}
# What the shop itself takes a code by, beside a restored cart: Shopify's cart permalinks, WooCommerce's
# /checkout-link/. Another shop reads `code`, or has {code} in its urls.restore.
CODE_IN = {"shopify": "discount", "woocommerce": "coupon"}


async def restore_cart(request: Request) -> Response:
    """Signed, good for 7 days. It fills a cart; it never logs anyone in and shows nothing of a person."""
    edge: Edge = request.app.state.edge
    token, spoken = request.path_params["token"], spoken_by(request)
    known = edge.shops.get(shop_of(token))
    if known is None:
        return restore_page(None, spoken, "broken")
    shop = known.documents.shop
    try:
        partition, row_id = read_restore(known.secrets.signing, token)
    except BadToken:
        return restore_page(shop, spoken, "broken")
    except ExpiredToken:
        return restore_page(shop, spoken, "expired")
    row = await restore.find(edge.redis, shop.id, partition, row_id)
    if row is None:
        return restore_page(shop, spoken, "expired")
    code = await _good_code(edge, shop.id, row.code)
    return RedirectResponse(_target(shop, row, token, code), 302, HEADERS)


async def lead_on(request: Request) -> Response:
    """To where a push leads: its service worker opens the edge and its own origin alone, and a parcel's page
    or another of the shop's origins is neither.
    """
    edge: Edge = request.app.state.edge
    token = request.path_params["token"]
    known = edge.shops.get(shop_of(token))
    if known is None:
        return restore_page(None, spoken_by(request), "broken")
    try:
        address = read_way(known.secrets.signing, token)
    except BadToken:
        return restore_page(known.documents.shop, spoken_by(request), "broken")
    return RedirectResponse(address, 302, HEADERS)


def away_page(request: Request) -> Response:
    """For whoever opened a link of a message while the store is away: a person reads no JSON."""
    edge: Edge = request.app.state.edge
    known = edge.shops.known(shop_of(request.path_params["token"]))
    page = restore_page(None if known is None else known.documents.shop, spoken_by(request), "later")
    page.headers["Retry-After"] = "5"
    return page


async def _good_code(edge: Edge, shop: str, code: str) -> str:
    """The code if it can still be used: a shopper who comes back is not greeted by a refusal."""
    coupon = await coupons.find(edge.redis, shop, code, edge.partitions) if code else None
    is_good = coupon is not None and not coupon.order and coupon.expires_at > edge.clock()
    return code if is_good else ""


def _target(shop: ShopDoc, row: RestoreRow, token: str, good_code: str) -> str:
    lines = ",".join(f"{quote(sku, safe='')}:{quantity}" for sku, quantity in row.lines)
    path = shop.urls.restore.replace("{lines}", lines)
    code = quote(good_code, safe="")
    if "{code}" in path:
        path, code = path.replace("{code}", code), ""
    mark = "&" if "?" in path else "?"
    code = f"&{CODE_IN.get(shop.cart, 'code')}={code}" if code else ""
    return f"{shop.origins[0]}{path}{mark}heimta_r={quote(token, safe='')}{code}"
