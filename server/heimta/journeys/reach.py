"""Which channels can reach a visitor: an address, a yes to it, and a shop that can send. Pure.

Asked before a journey deals an arm, so both arms hold the same people, and again right before each send.
"""

from __future__ import annotations

from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.visitor import VisitorState


def unreachable(state: VisitorState, channel: Channel, shop: ShopDoc) -> str:
    """'' if a message can be sent there, else why not, in a few words for the send log."""
    if channel == "push":
        if shop.push is None:
            return "shop has no push"
        return "" if state.subscription is not None else "no subscription"
    return "channel not built"
