"""Orders as Shopify and WooCommerce tell them by their own webhooks, read into ours. Pure.

Only what an order is needed for is kept: its id, sum, time, codes, and who ordered. Names, addresses and
lines never reach the log. Contracts: shopify.dev, REST Admin API "Order" (webhooks `orders/create` and
`orders/updated`); WooCommerce REST API docs, "Orders" and "Webhooks" (`order.created`, `order.updated`).

The visitor comes in fields that the shop wrote itself: `_heimta` (the cookie), `_heimta_cart`, `_heimta_r`
(the restore link's token). What there cannot be one is passed over: an order is never refused for it.

What was sent back or called off is told by the same webhooks, as an order that is worth less than before:
Shopify's `current_total_price` is the sum after returns and refunds, WooCommerce's `refunds` are parts of it.

What a subscription orders anew nobody ordered in a browser, though its fields may say so: WooCommerce
Subscriptions copies those of the first order into each (WC_Subscriptions_Data_Copier).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from heimta.ingest.decode import BadBody, decode
from heimta.model.cart import MAX_MINOR, Currency
from heimta.model.currency import exponent_of
from heimta.model.event import Customer, Order

VISITOR, CART, RESTORED = "_heimta", "_heimta_cart", "_heimta_r"
_SHAPES = {
    VISITOR: re.compile(r"[A-Za-z0-9_-]{22}\Z"),
    CART: re.compile(r"[A-Za-z0-9_-]{11}\Z"),
    RESTORED: re.compile(r"[A-Za-z0-9_.-]{10,600}\Z"),
}
MAX_FIELDS = 1000
MAX_CODES = 20
MAX_CODE = 64
LATE_MS = 30 * 24 * 3_600_000  # from when an order was begun to when it was paid

Text = Annotated[str, Meta(max_length=100_000)]
Sum = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,8})?\Z")]
AnySum = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,8})?\Z")]
Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]

# https://woocommerce.com/document/managing-orders/order-statuses/. A voucher or a debit is on hold, which is
# placed, and fails days later, where it is not paid.
NOT_PLACED = frozenset({"pending", "checkout-draft", "auto-draft"})
TAKEN_BACK = frozenset({"cancelled", "refunded", "trash", "failed"})

# Shopify's `source_name` and WooCommerce's `created_via` of what a subscription orders anew; its first order
# is placed at the checkout like any other.
RENEWALS = frozenset({"subscription_contract", "subscription_contract_checkout_one", "subscription"})
# WooCommerce's `created_via` of what marketplaces (Dokan, YITH) part an order into, one for each vendor. The
# whole is told too.
PARTS = frozenset({"dokan", "yith_wcmv_vendor_suborder"})


class Ignored(Exception):
    """Told and understood, and nothing to keep; str() says why. Asked again it would be the same."""


class Told(Struct, frozen=True):
    """stands: False for one that was called off or paid back whole: its sum is 0. It need not ever have been
    placed (what was not paid for in time is called off too), so it is only for who was told of it before.
    """

    order: Order
    stands: bool


class _Field(Struct, frozen=True):
    """A field of the shop's own. WooCommerce's may hold anything."""

    name: str = ""
    key: str = ""
    value: Any = None


class _Person(Struct, frozen=True):
    id: Id | None = None
    email: Text | None = None
    phone: Text | None = None


class _Place(Struct, frozen=True):
    phone: Text | None = None


class _Code(Struct, frozen=True):
    code: Text = ""


class _Shopify(Struct, frozen=True):
    id: Id
    created_at: Text
    currency: Currency
    total_price: Sum
    current_total_price: AnySum | None = None
    discount_codes: Annotated[list[_Code], Meta(max_length=MAX_FIELDS)] | None = None
    note_attributes: Annotated[list[_Field], Meta(max_length=MAX_FIELDS)] | None = None
    email: Text | None = None
    phone: Text | None = None
    customer: _Person | None = None
    billing_address: _Place | None = None
    cancelled_at: Text | None = None
    updated_at: Text | None = None
    processed_at: Text | None = None  # long ago, where an order was brought along from another shop system
    source_name: Text | None = None
    test: bool | None = None  # paid with Shopify's bogus gateway, or its sample: nobody paid


class _Refund(Struct, frozen=True):
    total: AnySum = "0"  # below 0


class _Woo(Struct, frozen=True):
    id: Id
    status: Text
    date_created_gmt: Text
    currency: Currency
    total: Sum
    date_paid_gmt: Text | None = None
    date_modified_gmt: Text | None = None
    refunds: Annotated[list[_Refund], Meta(max_length=MAX_FIELDS)] | None = None
    coupon_lines: Annotated[list[_Code], Meta(max_length=MAX_FIELDS)] | None = None
    meta_data: Annotated[list[_Field], Meta(max_length=MAX_FIELDS)] | None = None
    billing: _Person | None = None
    customer_id: Id = 0
    parent_id: Id | None = None
    created_via: Text | None = None


_shopify = msgspec.json.Decoder(_Shopify)
_woo = msgspec.json.Decoder(_Woo)


def read_shopify(body: bytes) -> Told:
    """Raises BadBody."""
    told = decode(_shopify, body)
    known, billing = told.customer or _Person(), told.billing_address or _Place()
    stands = told.cancelled_at is None
    left = min(Decimal(told.total_price), Decimal(told.current_total_price or told.total_price))
    order = _order(
        told.id,
        told.currency,
        max(left, Decimal(0)) if stands and not told.test else Decimal(0),
        min(_ms(told.created_at), _ms(told.processed_at or told.created_at)),
        changed_at=_ms(told.updated_at) if told.updated_at else 0,
        codes=told.discount_codes,
        fields={field.name: field.value for field in told.note_attributes or ()},
        renewal=told.source_name in RENEWALS,
        customer=Customer(
            id=str(known.id or ""),
            email=told.email or known.email or "",
            # The order's own is only that of who wants SMS of it from Shopify; what everybody types at the
            # checkout stands with the address. Not the delivery's: a gift has another one's.
            phone=told.phone or known.phone or billing.phone or "",
        ),
    )
    return Told(order, stands)


def read_woocommerce(body: bytes) -> Told:
    """Raises BadBody, or Ignored for one that is not placed (yet), or is a part of another.

    It was placed when it was paid: WooCommerce makes an unpaid one before that (with the checkout block when
    the page opens) and takes it up again when the shopper comes back, which may be after a message of ours.
    Not where that is months apart: an old order that is imported is marked as paid when it is, and one on
    invoice was placed, and told of, long before.
    """
    told = decode(_woo, body)
    if told.status in NOT_PLACED:
        raise Ignored(f"its status is {told.status}")
    if told.parent_id and told.created_via in PARTS:
        raise Ignored(f"it is a part of order {told.parent_id}")
    begun = _ms(f"{told.date_created_gmt}Z")
    paid = _ms(f"{told.date_paid_gmt}Z") if told.date_paid_gmt else begun
    known = told.billing or _Person()
    stands = told.status not in TAKEN_BACK
    left = Decimal(told.total) - sum(abs(Decimal(refund.total)) for refund in told.refunds or ())
    order = _order(
        told.id,
        told.currency,
        max(left, Decimal(0)) if stands else Decimal(0),
        paid if paid - begun <= LATE_MS else begun,
        changed_at=_ms(f"{told.date_modified_gmt}Z") if told.date_modified_gmt else 0,
        codes=told.coupon_lines,
        fields={field.key: field.value for field in told.meta_data or ()},
        renewal=told.created_via in RENEWALS,
        customer=Customer(id=str(told.customer_id or ""), email=known.email or "", phone=known.phone or ""),
    )
    return Told(order, stands)


def _order(
    order: int,
    currency: str,
    total: Decimal,
    at: int,
    *,
    changed_at: int,
    codes: list[_Code] | None,
    fields: dict[str, Any],
    renewal: bool,
    customer: Customer,
) -> Order:
    """at, changed_at: ms. renewal: then neither fields nor codes are its own."""
    exponent = exponent_of(currency)
    minor = int(total.scaleb(exponent).to_integral_value())
    if renewal:
        fields, codes = {}, None
    return Order(
        id=str(order),
        currency=currency,
        exponent=exponent,
        total_minor=min(minor, MAX_MINOR),
        at=at,
        changed_at=changed_at,
        visitor=_fitting(fields, VISITOR),
        cart=_fitting(fields, CART),
        codes=tuple(one.code for one in codes or () if 0 < len(one.code) <= MAX_CODE)[:MAX_CODES],
        restored=_fitting(fields, RESTORED),
        customer=_bounded(customer),
    )


def _ms(time: str) -> int:
    """Raises BadBody."""
    try:
        when = datetime.fromisoformat(time)
    except ValueError as error:
        raise BadBody(f"{error}; a time must be ISO 8601") from None
    return max(0, int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000))


def _fitting(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) and _SHAPES[name].match(value) else ""


def _bounded(customer: Customer) -> Customer | None:
    """None for nobody. What is too long for an address is none."""
    words = {name: getattr(customer, name).strip() for name in customer.__struct_fields__}
    kept = {name: word for name, word in words.items() if 0 < len(word) <= 400}
    return Customer(**kept) if kept else None
