"""The funnel: how far shoppers come, where in the checkout they stop, and what broke under them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.overview import RANGES, chosen_range, counted_days, is_silent
from heimta.console.shops import page, view_of
from heimta.stats.funnel import KINDS, STEPS, funnel

STEP_WORDS = dict(
    zip(
        STEPS,
        (
            "Looked at a product",
            "Put something into the cart",
            "Went to the checkout",
            "Address",
            "Shipping",
            "Payment",
            "Payment details given",
            "Review",
            "Ordered",
        ),
        strict=True,
    )
)
DEVICE_WORDS = {"phone": "Phone", "tablet": "Tablet", "desktop": "Computer"}
KIND_WORDS = {kind: kind.capitalize() for kind in KINDS} | {
    "email": "E-mail",
    "zip": "Postcode",
    "card": "Card number",
    "cvc": "Card security code",
    "expiry": "Card expiry",
    "coupon": "Coupon code",
    "other": "Any other field",
}


async def show_funnel(request: Request) -> Response:
    view = await view_of(request)
    count = chosen_range(request)
    words: dict[str, object] = {
        "range": count,
        "ranges": RANGES,
        "funnel": funnel(await counted_days(view, count), currency=view.shop.currency),
        "step_words": STEP_WORDS,
        "device_words": DEVICE_WORDS,
        "kind_words": KIND_WORDS,
        "is_silent": await is_silent(view),
    }
    return page(request, view, "funnel.html", "funnel", words)
