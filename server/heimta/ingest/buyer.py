"""Whose order it is."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from heimta.model.event import Order


def made_up(signing: str, shop: str, order: str) -> str:
    """A visitor for an order that names none, the same however late it is told again: when it was first told
    is forgotten after a month (store/orders.py), and an invoice may be paid after two. As hard to guess as a
    browser's own: who knows a visitor's id may speak for it at the edge, and order numbers can be counted up.

    signing: the shop's key for links, which nobody else has.
    """
    digest = hmac.new(signing.encode(), f"buyer\n{shop}\n{order}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def buyer_of(order: Order) -> str:
    """The visitor a logged order belongs to. The edge writes one into each; what an older release logged
    without has one made of the order's id.
    """
    if order.visitor:
        return order.visitor
    digest = hashlib.sha256(f"order:{order.id}".encode()).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
