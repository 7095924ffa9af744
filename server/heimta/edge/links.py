"""`GET /r/{token}`: bring a cart back, in whatever browser the link was opened."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from heimta.edge.deps import Edge
from heimta.edge.shops import KnownShop
from heimta.model.documents import ShopDoc
from heimta.model.restore import RestoreRow
from heimta.rules.tokens import BadToken, ExpiredToken, read_restore, shop_of
from heimta.store import coupons, restore

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


async def restore_cart(request: Request) -> Response:
    """Signed, good for 7 days. It fills a cart; it never logs anyone in and shows nothing of a person."""
    edge: Edge = request.app.state.edge
    token = request.path_params["token"]
    known = edge.shops.get(shop_of(token))
    if known is None:
        return _page(404, "This link does not work", "It may have been cut off when it was copied.", "/", "")
    shop = known.documents.shop
    try:
        partition, row_id = read_restore(known.secrets.signing, token)
    except BadToken:
        return _gone(known, 404, "This link does not work", "It may have been cut off when it was copied.")
    except ExpiredToken:
        return _gone(known, 410, "This link has expired", "Your cart was kept for 7 days.")
    row = await restore.find(edge.redis, shop.id, partition, row_id)
    if row is None:
        return _gone(known, 410, "This link has expired", "Your cart was kept for 7 days.")
    code = await _good_code(edge, shop.id, row.code)
    return RedirectResponse(_target(shop, row, token, code), 302, HEADERS)


async def _good_code(edge: Edge, shop: str, code: str) -> str:
    """The code if it can still be used: a shopper who comes back is not greeted by a refusal."""
    coupon = await coupons.find(edge.redis, shop, code, edge.partitions) if code else None
    is_good = coupon is not None and not coupon.order and coupon.expires_at > edge.clock()
    return code if is_good else ""


def _target(shop: ShopDoc, row: RestoreRow, token: str, good_code: str) -> str:
    lines = ",".join(f"{quote(sku, safe='')}:{quantity}" for sku, quantity in row.lines)
    path = shop.urls.restore.replace("{lines}", lines)
    mark = "&" if "?" in path else "?"
    code = f"&code={quote(good_code, safe='')}" if good_code else ""
    return f"{shop.origins[0]}{path}{mark}heimta_r={quote(token, safe='')}{code}"


def _gone(known: KnownShop, status: int, title: str, body: str) -> Response:
    shop = known.documents.shop
    return _page(status, title, body, shop.origins[0], shop.name)


def _page(status: int, title: str, body: str, back: str, shop: str) -> Response:
    name = escape(shop)
    link = f'<p><a href="{escape(back)}">To {name}</a></p>' if shop else ""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
  body {{ font: 1.0625rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 18vh auto; padding: 0 1.5rem;
    color: #1a1f1d; background: #fbfaf7 }}
  h1 {{ font-size: 1.5rem; line-height: 1.25 }}
  a {{ color: #1f4d3f }}
</style>
<main><h1>{escape(title)}</h1><p>{escape(body)}</p>{link}</main></html>""",
        status,
        HEADERS,
    )
