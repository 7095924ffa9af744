"""Send what journeys decided: once more "may I?", then the channel, then the outcome back into the log.

A crash between the send and the record sends again: the message's id is the same, so Topic and tag
collapse the two (web push). A store that does not take the record is no crash: what the channel answered is
kept in memory until it does. What cannot be closed is an order that is acknowledged while the request is
on the wire.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from heimta.channels.push_payload import build
from heimta.channels.result import Delivery
from heimta.channels.vapid import VapidKeys, load_keys
from heimta.channels.webpush import WebPush, topic_of
from heimta.journeys.advance import why_not
from heimta.model.document import Text
from heimta.model.journey import Send
from heimta.model.message import DeliveryNote, Message
from heimta.model.restore import RestoreRow
from heimta.model.visitor import CartState, VisitorState
from heimta.rules.texts.preferences import ACTION
from heimta.rules.tokens import make_preferences, make_restore
from heimta.store.secrets import Secrets
from heimta.worker.effects import ShopContext
from heimta.worker.owner import Owner, is_outside

TTL_S = 24 * 3600  # a push older than a day is no help
TRIES = 6
MAX_IMAGE = 1000  # bytes: a push has room for 4 kB in all
FIRST_WAIT_MS = 30_000

log = structlog.get_logger()

# Keeps a cart to restore: (shop, partition, row id, row).
KeepRow = Callable[[str, int, str, RestoreRow], Awaitable[None]]


class Sender:
    """edge_url: where restore links lead. keep_row: writes the row a link stands for.

    hold: steps that were due before are not sent, ms: after a restore nobody knows whether they were.
    """

    def __init__(
        self, push: WebPush, *, edge_url: str, keep_row: KeepRow, hold: Callable[[], int] = int
    ) -> None:
        self._push = push
        self._edge_url = edge_url
        self._keep_row = keep_row
        self._hold = hold
        self._keys: dict[str, VapidKeys] = {}
        # Sent, not recorded yet: (message, try) -> the channel's answer, and to which subscription. One that
        # another worker records in our place stays here: a few bytes, a few at each lost lease.
        self._answered: dict[tuple[str, int], tuple[Delivery, int]] = {}

    async def send(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> None:
        """Send one message of the outbox, or drop it with the rule that held it, or keep it for later."""
        try:
            await self._send(owner, message, context, secrets_, now=now)
        except Exception as fault:  # a bug, or a cart made to find one: it ends this message and no other
            if is_outside(fault):
                raise
            log.exception("message cannot be sent", message=message.id)
            why = f"{type(fault).__name__}: {fault}"
            await owner.finish(message, _note(message, "failed", "bug"), now=now, bug=why)

    async def _send(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> None:
        attempt = (message.id, message.tries)
        if attempt not in self._answered:
            answered = await self._ask(owner, message, context, secrets_, now=now)
            if answered is None:
                return
            self._answered[attempt] = answered
        delivery, told = self._answered[attempt]
        await _record(owner, message, delivery, told=told, now=now)
        del self._answered[attempt]

    async def _ask(
        self, owner: Owner, message: Message, context: ShopContext, secrets_: Secrets, *, now: int
    ) -> tuple[Delivery, int] | None:
        """Hand it to the channel. None: a rule held it, and that is recorded."""
        state = await owner.settled(message.shop, message.visitor)
        known = context.journeys.get(message.journey)
        journey = known[0] if known else None
        held = "visitor forgotten" if state is None else why_not(state, message, journey, now=now)
        step = next((s for s in known[0].steps if s.id == message.step), None) if known else None
        if held or state is None or state.subscription is None or not isinstance(step, Send):
            await owner.finish(message, _note(message, "skipped", held or "step gone"), now=now)
            return None
        if context.shop.push is None:
            await owner.finish(message, _note(message, "skipped", "shop has no push"), now=now)
            return None
        if message.due_at < self._hold():
            await owner.finish(message, _note(message, "skipped", "due before the restore"), now=now)
            return None
        late = now - message.due_at > step.max_late_min * 60_000
        if late:
            await owner.finish(message, _note(message, "skipped", "too late"), now=now)
            return None
        payload = await self._render(owner.partition, state, message, step, context, secrets_)
        delivery = await self._push.send(
            state.subscription,
            payload,
            topic=topic_of(message.id),
            ttl_s=TTL_S,
            urgency="normal",
            keys=self._vapid(message.shop, context.shop.push.subject, secrets_),
            now=now,
        )
        return delivery, state.addressed[0]

    def _vapid(self, shop: str, subject: str, secrets_: Secrets) -> VapidKeys:
        keys = self._keys.get(shop)
        if keys is None or (keys.subject, keys.public) != (subject, secrets_.vapid_public):
            keys = self._keys[shop] = load_keys(secrets_.vapid_private, subject)
        return keys

    async def _render(
        self,
        partition: int,
        state: VisitorState,
        message: Message,
        step: Send,
        context: ShopContext,
        secrets_: Secrets,
    ) -> bytes:
        cart = state.carts[message.cart]
        row = secrets.token_urlsafe(16)
        await self._keep_row(message.shop, partition, row, _row(state, cart))
        token = make_restore(secrets_.signing, message.shop, partition, row)
        lang = _language(state.lang, context.shop.languages)
        words = {"item": cart.cart.lines[0].name, "count": str(sum(line.qty for line in cart.cart.lines))}
        settings = f"{self._edge_url}/u/{make_preferences(secrets_.signing, message.shop, state.visitor)}"
        return build(
            title=_text(step.title, lang, words),
            body=_text(step.body, lang, words),
            navigate=f"{self._edge_url}/r/{token}",
            tag=message.id,
            lang=lang,
            vid=state.visitor,
            message=message.id,
            settings=(ACTION.get(lang, ACTION["en"]), settings),
            image=_picture(cart, context.shop.origins),
        )


def _row(state: VisitorState, cart: CartState) -> RestoreRow:
    """The cart, and the code that lasts longest; the link leaves out one that has expired by then."""
    claim = max(state.claims.values(), key=lambda held: held.expires_at, default=None)
    return RestoreRow(
        visitor=state.visitor,
        lines=[(line.sku, line.qty) for line in cart.cart.lines],
        code=claim.code if claim is not None else "",
    )


def _picture(cart: CartState, origins: tuple[str, ...]) -> str:
    """The first line's picture, if it is on the shop's own origin: no third party learns of the cart."""
    image = cart.cart.lines[0].image
    if len(image.encode()) > MAX_IMAGE or not image.isprintable():
        return ""
    if image.startswith("/"):
        return origins[0] + image
    return image if any(image.startswith(f"{origin}/") for origin in origins) else ""


def _language(wanted: str, known: tuple[str, ...]) -> str:
    primary = wanted.partition("-")[0].lower()
    return primary if primary in known else known[0]


def _text(text: Text, lang: str, words: dict[str, str]) -> str:
    """The text in the language, {item} and {count} replaced."""
    chosen = (
        text if isinstance(text, str) else text.get(lang) or text.get("en") or next(iter(text.values()), "")
    )
    for name, value in words.items():
        chosen = chosen.replace(f"{{{name}}}", value)
    return chosen


async def _record(owner: Owner, message: Message, delivery: Delivery, *, told: int, now: int) -> None:
    if delivery.outcome == "failed" and not delivery.permanent and message.tries + 1 < TRIES:
        wait_ms = FIRST_WAIT_MS * 2**message.tries
        if delivery.retry_after_s is not None:  # never sooner than our own patience: 0 would burn all tries
            wait_ms = max(wait_ms, round(delivery.retry_after_s * 1000))
        later = msgspec.structs.replace(message, tries=message.tries + 1, not_before=now + wait_ms)
        log.info("message postponed", message=message.id, why=delivery.reason, wait_ms=wait_ms)
        await owner.postpone(later)
        return
    await owner.finish(message, _note(message, delivery.outcome, delivery.reason, told), now=now)


def _note(message: Message, outcome: str, reason: str, told: int = 0) -> DeliveryNote:
    log.info("message", message=message.id, outcome=outcome, why=reason)
    return DeliveryNote(
        vid=message.visitor,
        message=message.id,
        journey=message.journey,
        outcome=outcome,
        reason=reason,
        told=told,
    )
