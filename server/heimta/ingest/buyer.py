"""Whose order it is."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode

from heimta.model.event import Order


def made_up() -> str:
    """A visitor for an order that names none. As hard to guess as a browser's own: who knows a visitor's id
    may speak for it at the edge, and order numbers can be counted up.
    """
    return secrets.token_urlsafe(16)


def buyer_of(order: Order) -> str:
    """The visitor a logged order belongs to. The edge writes one into each; what an older release logged
    without has one made of the order's id.
    """
    if order.visitor:
        return order.visitor
    digest = hashlib.sha256(f"order:{order.id}".encode()).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
