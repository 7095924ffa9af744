"""The cart's doors: add, change, show, restore, and the discount code.

Every door works as a plain form (answered by a redirect to /cart) and as a fetch (answered by JSON with
the cart, its drawer and page as HTML, and the dataLayer events of the change).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from heimta.demo import discounts, ga4
from heimta.demo.catalog import CURRENCY, EXPONENT
from heimta.demo.discounts import Refused
from heimta.demo.pricing import MAX_QTY, Discount
from heimta.demo.render import fill, page
from heimta.demo.visit import Visit

MOST_LINES = 50  # in a restore link


class Change(msgspec.Struct):
    sku: str = ""
    qty: int = 1


async def _change(request: Request) -> Change:
    """The body, as JSON or as a form. Garbage is an unknown sku, which the door refuses with words."""
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return msgspec.json.decode(await request.body(), type=Change)
        form = await request.form()
        return msgspec.convert(
            {"sku": form.get("sku", ""), "qty": form.get("qty", "1")}, type=Change, strict=False
        )
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Change()


async def add(request: Request) -> Response:
    visit, change = Visit(request), await _change(request)
    return _put(visit, change.sku, visit.cart.lines.get(change.sku, 0) + max(0, change.qty))


async def change(request: Request) -> Response:
    visit, change = Visit(request), await _change(request)
    return _put(visit, change.sku, max(0, change.qty))


def _put(visit: Visit, sku: str, qty: int) -> Response:
    """Set a line to a quantity, 0 removes it. Less of a sold-out thing is always allowed."""
    before = visit.cart.lines.get(sku, 0)
    variant = visit.shop.catalog.variants.get(sku)
    if variant is None:
        return _refuse(visit, "refused_unknown")
    if qty > before and variant.option.sold_out:
        return _refuse(visit, "refused_sold_out", name=variant.name(visit.lang))
    if qty > MAX_QTY:
        return _refuse(visit, "refused_many", n=str(MAX_QTY))
    if qty:
        visit.cart.lines[sku] = qty
    else:
        visit.cart.lines.pop(sku, None)
    visit.save()
    return _answer(visit, (ga4.changed(variant, qty - before, visit.lang),) if qty != before else ())


def _refuse(visit: Visit, key: str, **values: str) -> Response:
    if visit.wants_json:
        return JSONResponse({"message": visit.words(key, **values)}, 409)
    visit.tell(key, **values)
    visit.save()
    return visit.remember(RedirectResponse("/cart", 303))


def _answer(visit: Visit, events: tuple[ga4.Event, ...] = (), message: str = "") -> Response:
    """After a change that worked. The whole cart is about to be shown, so `view_cart` goes with it."""
    if not visit.wants_json:
        return visit.remember(RedirectResponse("/cart", 303))
    return visit.remember(JSONResponse(_as_json(visit, events, message)))


def _as_json(visit: Visit, events: tuple[ga4.Event, ...] = (), message: str = "") -> dict[str, Any]:
    priced = visit.priced
    lines = [
        {
            "sku": line.variant.sku,
            "name": line.variant.name(visit.lang),
            "qty": line.qty,
            "unit_minor": line.unit_minor,
            "url": line.variant.url,
            "image": line.variant.product.image,
        }
        for line in priced.lines
    ]
    said = message or visit.words("cart_said", money=visit.words.money(priced.goods_minor))
    return {
        "currency": CURRENCY,
        "exponent": EXPONENT,
        "count": priced.count,
        "lines": lines,
        "subtotal_minor": priced.subtotal_minor,
        "off_minor": priced.off_minor,
        "total_minor": priced.goods_minor,
        "delivery_minor": priced.delivery_minor,
        "order_minor": priced.total_minor,
        "code": priced.code,
        "said": said,
        "drawer": fill(visit, "_drawer.html", cart=priced),
        "page": fill(visit, "_cart.html", cart=priced, notices=[message] if message else []),
        "events": [*events, ga4.whole("view_cart", priced, visit.lang)],
    }


async def as_json(request: Request) -> Response:
    return JSONResponse(_as_json(Visit(request)), headers={"Cache-Control": "no-store"})


async def show(request: Request) -> Response:
    visit = Visit(request)
    notices = visit.take_notices()
    event = ga4.whole("view_cart", visit.priced, visit.lang)
    return page(visit, "cart.html", title=visit.words("your_cart"), events=(event,), notices=notices)


def parse_lines(lines: str) -> list[tuple[str, int]]:
    """`sku:qty,sku:qty`, each sku percent-encoded; a piece that is not one is skipped."""
    wanted = []
    for piece in lines.split(",")[:MOST_LINES]:
        sku, _, qty = piece.rpartition(":")
        if sku and qty.isascii() and qty.isdigit() and int(qty[:6]) > 0:
            wanted.append((unquote(sku), min(int(qty[:6]), MAX_QTY)))
    return wanted


MAX_TOKEN = 600  # docs/wire.md


async def restore(request: Request) -> Response:
    """GET /cart/{lines}: put the lines of a link back into the cart, and go there.

    Never takes away: a shopper who comes back to a cart that has grown keeps it, and opening the
    link twice does not double it. `heimta_r` is the snippet's to read, so it goes along.
    """
    visit = Visit(request)
    catalog = visit.shop.catalog
    raw: bytes = request.scope["raw_path"]  # not yet decoded: a sku may hold a comma, written %2C
    for sku, qty in parse_lines(raw.decode("ascii", "replace").rpartition("/cart/")[2]):
        variant = catalog.variants.get(sku)
        if variant is None:
            visit.tell("gone_unknown")
        elif variant.option.sold_out:
            visit.tell("gone", name=variant.name(visit.lang))
        else:
            visit.cart.lines[sku] = max(qty, visit.cart.lines.get(sku, 0))
    if visit.cart.lines and not visit.cart.notices:
        visit.tell("restored")
    if code := request.query_params.get("code", ""):
        _told(visit, await _apply(visit, code))
    kept = request.query_params.get("heimta_r", "")
    visit.cart.restored = kept[:MAX_TOKEN] or visit.cart.restored
    visit.save()
    target = "/cart" + (f"?{urlencode({'heimta_r': kept})}" if kept else "")
    return visit.remember(RedirectResponse(target, 302))


async def _apply(visit: Visit, code: str) -> Discount | Refused:
    """Check a code and, when it is good, put it on the cart (not saved yet)."""
    found = await discounts.check(
        code,
        subtotal_minor=visit.priced.subtotal_minor,
        edge=visit.shop.edge,
        records=visit.shop.records,
        now=visit.now,
    )
    if isinstance(found, Discount):
        visit.cart.discount = found
    return found


def _told(visit: Visit, found: Discount | Refused) -> None:
    if isinstance(found, Discount):
        visit.tell("code_on", code=found.code)
    else:
        visit.tell(found.key, **_values(visit, found))


def _values(visit: Visit, refused: Refused) -> dict[str, str]:
    return {"code": refused.code, "money": visit.words.money(refused.min_cart_minor)}


def local_path(target: str) -> str:
    """Where to go after a code: a path of this shop, or the cart. `//evil.example` is not a path."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_local else "/cart"


async def discount_link(request: Request) -> Response:
    """GET /discount/{code}?redirect=/cart, as Shopify has it. A fetch gets the answer, a browser goes on."""
    visit = Visit(request)
    found = await _apply(visit, request.path_params["code"])
    if visit.wants_json:
        return _discount_json(visit, found)
    _told(visit, found)
    visit.save()
    return visit.remember(RedirectResponse(local_path(request.query_params.get("redirect", "/cart")), 302))


def _discount_json(visit: Visit, found: Discount | Refused) -> Response:
    if isinstance(found, Refused):
        message = visit.words(found.key, **_values(visit, found))
        return JSONResponse({"ok": False, "message": message}, 503 if found.is_away else 404)
    visit.save()
    message = visit.words("code_on", code=found.code)
    total = visit.priced.goods_minor
    return visit.remember(JSONResponse({"ok": True, "message": message, "total_minor": total}))


async def discount_field(request: Request) -> Response:
    """POST /cart/discount: the field on the cart and checkout pages; an empty `remove` takes the code off."""
    visit = Visit(request)
    form = await request.form()
    back = "/checkout" if form.get("back") == "/checkout" else "/cart"
    if "remove" in form:
        visit.cart.discount = None
        visit.tell("code_off")
    else:
        _told(visit, await _apply(visit, str(form.get("code", ""))))
    visit.save()
    return visit.remember(RedirectResponse(back, 303))
