"""Which channels can reach a visitor: an address that lives, and a shop that can send. Pure.

Asked before a journey deals an arm, so both arms hold the same people, and again right before each send.
Whether they said yes to it is rules/consented.py's.
"""

from __future__ import annotations

from collections.abc import Collection

from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.person import address_of
from heimta.model.visitor import VisitorState
from heimta.rules.mail.addresses import deliverable, mark_of
from heimta.rules.phones import e164, why_not_sms

# How long after what somebody did a page may write to them (Meta's standard messaging window).
WINDOW_MS = 24 * 3_600_000


def unreachable(
    state: VisitorState,
    channel: Channel,
    shop: ShopDoc,
    *,
    now: int = 0,
    order: str = "",
    dead: Collection[str] = (),
) -> str:
    """'' if a message can be sent there, else why not, in a few words for the send log.

    now: ms; 0 leaves out what only time decides. order: of a service message about one. dead: marks of dead
    e-mail addresses that this browser was not told of.
    """
    match channel:
        case "push":
            if shop.push is None:
                return "shop has no push"
            return "" if state.subscription is not None else "no subscription"
        case "email":
            return _email(state, shop, order, dead)
        case "sms":
            return _sms(state, shop, order)
        case "messenger":
            return _messenger(state, shop, now)
        case "webhook":
            return "" if shop.hook is not None else "shop has no webhook"
    return "channel not built"


def window_is_open(state: VisitorState, *, now: int) -> bool:
    """Whether Messenger takes a message now."""
    return now - state.heard[0] < WINDOW_MS


def _email(state: VisitorState, shop: ShopDoc, order: str, dead: Collection[str]) -> str:
    if shop.email is None:
        return "shop has no e-mail"
    address = address_of(state, "email", order)
    if not address:
        return "no e-mail address"
    if not deliverable(address):
        return "no possible e-mail address"
    mark = mark_of(shop.id, address)
    return "e-mail address is dead" if mark in state.mail_dead or mark in dead else ""


def _sms(state: VisitorState, shop: ShopDoc, order: str) -> str:
    if shop.sms is None:
        return "shop has no SMS"
    number = e164(address_of(state, "phone", order), shop.sms.country)
    if number and mark_of(shop.id, number) in state.phone_dead:
        return "number is dead"
    return why_not_sms(number, shop.sms)


def _messenger(state: VisitorState, shop: ShopDoc, now: int) -> str:
    if shop.facebook is None:
        return "shop has no page"
    if not state.psid:
        return "not at Messenger"
    if state.heard[0] <= state.psid_gone:
        return "left Messenger"
    return "24 h are over" if now and not window_is_open(state, now=now) else ""
