"""Make a job of a message that every rule has let through: its links, its language, what is in the cart."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from heimta.model.journey import Send
from heimta.model.message import CONFIRM, Message
from heimta.model.person import address_of, hubs_of_words
from heimta.model.restore import RestoreRow
from heimta.model.visitor import CartState, VisitorState
from heimta.rules.surveys import mailed
from heimta.rules.texts.words import language_of
from heimta.rules.tokens import make_answer, make_confirm, make_preferences, make_restore, make_short
from heimta.store.coupons import Coupon
from heimta.store.secrets import Secrets
from heimta.worker.carriers.job import Job, Links
from heimta.worker.effects import ShopContext

# Keeps a cart to restore: (shop, partition, row id, row).
KeepRow = Callable[[str, int, str, RestoreRow], Awaitable[None]]


class Packer:
    """edge_url: where links lead. keep_row: writes the row that a restore link stands for."""

    def __init__(self, *, edge_url: str, keep_row: KeepRow) -> None:
        self._edge_url = edge_url
        self._keep_row = keep_row

    async def pack(
        self,
        message: Message,
        step: Send,
        state: VisitorState,
        context: ShopContext,
        secrets_: Secrets,
        *,
        partition: int,
        coupon: Coupon | None,
        service: bool,
        now: int,
    ) -> Job:
        """partition: the visitor's. coupon: claimed for this message. service: the journey is one."""
        cart = state.carts.get(message.cart)
        mailed_to = address_of(state, "email", message.about if service else "")
        hubs = hubs_of_words(state.shop, {"email": mailed_to}) if message.channel == "email" else ()
        settings = make_preferences(secrets_.signing, state.shop, state.visitor, "".join(hubs))
        confirm = ""
        if message.journey == CONFIRM:
            token = make_confirm(secrets_.signing, state.shop, state.visitor, "".join(hubs), now=now)
            confirm = f"{self._edge_url}/c/{token}"
        asked = context.campaigns.get(step.survey)
        survey = mailed(asked[0]) if asked is not None else None
        return Job(
            message=message,
            step=step,
            state=state,
            cart=cart,
            shop=context.shop,
            secrets=secrets_,
            lang=language_of([state.lang], context.shop.languages),
            links=Links(
                restore=await self._restore(
                    state, cart, secrets_, partition, coupon, is_short=message.channel == "sms"
                ),
                settings=f"{self._edge_url}/u/{settings}",
                answer=self._answer(state, step, secrets_, now) if survey is not None else "",
                confirm=confirm,
                edge=self._edge_url,
            ),
            coupon=coupon,
            now=now,
            service=service,
            survey=survey,
        )

    def _answer(self, state: VisitorState, step: Send, secrets_: Secrets, now: int) -> str:
        token = make_answer(secrets_.signing, state.shop, state.visitor, step.survey, now=now)
        return f"{self._edge_url}/a/{token}"

    async def _restore(
        self,
        state: VisitorState,
        cart: CartState | None,
        secrets_: Secrets,
        partition: int,
        coupon: Coupon | None,
        *,
        is_short: bool,
    ) -> str:
        """is_short: each letter is paid for."""
        if cart is None or not cart.cart.lines:
            return ""
        row = secrets.token_urlsafe(10 if is_short else 16)
        await self._keep_row(state.shop, partition, row, _row(state, cart, coupon))
        if is_short:
            return f"{self._edge_url}/r/{make_short(state.shop, partition, row)}"
        return f"{self._edge_url}/r/{make_restore(secrets_.signing, state.shop, partition, row)}"


def _row(state: VisitorState, cart: CartState, coupon: Coupon | None) -> RestoreRow:
    """The cart, and the message's own code or the one that lasts longest; the link leaves out one that has
    expired by then.
    """
    held = max(state.claims.values(), key=lambda claim: claim.expires_at, default=None)
    code = coupon.code if coupon is not None else held.code if held is not None else ""
    lines = [(line.sku, line.qty) for line in cart.cart.lines]
    return RestoreRow(visitor=state.visitor, lines=lines, code=code)
