"""One page from cart to order, and the page that says thank you.

An order is placed only for the sum the shopper saw: if a code or a stock changed meanwhile, they see
the new sum first. The order, its code and its webhook are one transaction; the edge is told afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.demo import discounts, ga4, webhooks, words
from heimta.demo.discounts import Refused
from heimta.demo.pricing import Discount, Priced
from heimta.demo.records import AlreadyRedeemed, OrderLine, OrderRow
from heimta.demo.render import page
from heimta.demo.visit import Visit

FIELDS = ("email", "name", "street", "postcode", "city", "country")  # required, in the page's order
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PAYMENTS = ("card", "invoice")


async def show(request: Request) -> Response:
    visit = Visit(request)
    if not visit.priced.lines:
        return RedirectResponse("/cart", 303)
    return _form(visit, {}, {}, notices=visit.take_notices())


def _form(
    visit: Visit,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    notices: list[str],
    status: int = 200,
) -> Response:
    priced = visit.priced
    pushed = [ga4.whole("begin_checkout", priced, visit.lang)] if not errors and not values else []
    return page(
        visit,
        "checkout.html",
        title=visit.words("checkout"),
        events=tuple(pushed),
        status=status,
        values=values,
        errors=errors,
        notices=notices,
        countries=words.countries(visit.lang),
        shipping_info=ga4.whole("add_shipping_info", priced, visit.lang, shipping_tier="standard"),
        payment_info=ga4.whole("add_payment_info", priced, visit.lang, payment_type="card"),
    )


def check_fields(values: Mapping[str, str]) -> list[str]:
    """The fields that are not good enough to send a parcel to."""
    wrong = [field for field in FIELDS if not values.get(field, "").strip()]
    if "email" not in wrong and not EMAIL.fullmatch(values["email"].strip()):
        wrong.append("email")
    if "country" not in wrong and values["country"] not in words.COUNTRIES:
        wrong.append("country")
    return [field for field in FIELDS if field in wrong]


async def place(request: Request) -> Response:
    visit = Visit(request)
    form = await request.form()
    values = {key: value for key, value in form.items() if not isinstance(value, UploadFile)}
    if not visit.priced.lines:  # a second click, or "back" after the order
        last = visit.shop.records.last_order(visit.session) if visit.session else None
        return RedirectResponse(f"/thanks/{last.id}" if last else "/cart", 303)
    if wrong := check_fields(values):
        errors = {field: visit.words(f"need_{field}") for field in wrong}
        return _form(visit, values, errors, notices=visit.take_notices(), status=422)
    if await _has_changed(visit, values.get("total_minor", "")):
        return _again(visit, values)
    try:
        order = _write(visit, visit.priced)
    except AlreadyRedeemed:
        _drop_code(visit, "code_redeemed")
        return _again(visit, values)
    visit.shop.sender.wake()
    return RedirectResponse(f"/thanks/{order.id}", 303)


def _again(visit: Visit, values: Mapping[str, str]) -> Response:
    visit.tell("order_changed")
    return _form(visit, values, {}, notices=visit.take_notices(), status=409)


async def _has_changed(visit: Visit, seen_total: str) -> bool:
    """Bring the cart up to date: is its total not the one the shopper agreed to?"""
    for sku in [sku for sku in visit.cart.lines if visit.shop.catalog.variants[sku].option.sold_out]:
        del visit.cart.lines[sku]
        visit.tell("gone", name=visit.shop.catalog.variants[sku].name(visit.lang))
    discount = visit.cart.discount
    if discount and visit.priced.state != "below_min":  # a code that gives nothing is not used up either
        await _check_again(visit, discount)
    visit.save()
    return seen_total != str(visit.priced.total_minor)


async def _check_again(visit: Visit, discount: Discount) -> None:
    """Somebody may have redeemed the code since it was put on the cart.

    When the edge is away the code is honoured: it was good a moment ago, our own orders are checked
    too, and a sale must not wait for anybody else's server.
    """
    found = await discounts.check(
        discount.code,
        subtotal_minor=visit.priced.subtotal_minor,
        edge=visit.shop.edge,
        records=visit.shop.records,
        now=visit.now,
    )
    if isinstance(found, Discount):
        visit.cart.discount = found
    elif visit.priced.state == "expired":
        _drop_code(visit, "code_expired")
    elif not found.is_away:
        _refuse_code(visit, found)


def _refuse_code(visit: Visit, refused: Refused) -> None:
    visit.tell(refused.key, code=refused.code, money=visit.words.money(refused.min_cart_minor))
    visit.cart.discount = None


def _drop_code(visit: Visit, key: str) -> None:
    if visit.cart.discount:
        visit.tell(key, code=visit.cart.discount.code)
    visit.cart.discount = None


def _write(visit: Visit, priced: Priced) -> OrderRow:
    """Raises AlreadyRedeemed, with nothing written."""
    records = visit.shop.records
    order = OrderRow(
        id=records.new_order_id(),
        at=visit.now,
        total_minor=priced.total_minor,
        off_minor=priced.off_minor,
        delivery_minor=priced.delivery_minor,
        lines=tuple(
            OrderLine(line.variant.sku, line.variant.name(visit.lang), line.qty, line.unit_minor)
            for line in priced.lines
        ),
        codes=(priced.code,) if priced.code else (),
        visitor=visit.visitor,
        cart=visit.session,
    )
    single_use = priced.code if priced.discount and not priced.discount.ours else ""
    records.place(order, single_use=single_use, webhook=webhooks.body_of(order, restored=visit.cart.restored))
    return order


async def thanks(request: Request) -> Response:
    """Only the browser that ordered sees it: an order number is no secret."""
    visit = Visit(request)
    order = visit.shop.records.order(request.path_params["order"])
    if order is None or not visit.session or order.cart != visit.session:
        raise HTTPException(404)
    variants = visit.shop.catalog.variants
    is_first = visit.shop.records.announce(order.id)
    event = ga4.purchase(order, variants, visit.lang)
    return page(
        visit,
        "thanks.html",
        title=visit.words("order"),
        events=(event,) if is_first else (),
        order=order,
        lines=[(line, variants.get(line.sku)) for line in order.lines],
    )
