"""What an owner has done for it by others, since it lies outside its partition: their shapes.

All are asked before the step that needs them is written, so each may be asked twice for the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from heimta.model.visitor import VisitorState
from heimta.worker.effects import Redeemed, ShopContext

Contexts = dict[str, ShopContext]
# Finds whose carts restore tokens stand for: {(shop, token)} -> token -> visitor.
Owners = Callable[[set[tuple[str, str]]], Awaitable[dict[str, str]]]
# Marks coupons as used; may be asked twice for the same.
Redeem = Callable[[list[Redeemed]], Awaitable[None]]
# Reads the shops' documents again; changes the contexts in place.
Refresh = Callable[[], Awaitable[None]]
# Lets all names of a person know what claimed their attention under one of them.
Share = Callable[[list[VisitorState]], Awaitable[None]]


async def share_nothing(states: list[VisitorState]) -> None:
    """Where nobody is asked whether a message may go out."""
