"""Fold whom the shop says a visitor is.

Each word (id, e-mail, phone) is the newest that was told, and only if it was told after the newest no: what a
no has erased stays erased, in whatever order the two arrive. So with a device that several people use: when
another customer signs in, what was told before the other's last word is the other's, and is dropped.
"""

from __future__ import annotations

from heimta.ingest.batch import Event
from heimta.model.event import Customer, VisitorIdentified
from heimta.model.person import NOBODY
from heimta.model.visitor import NEVER, Identity, Proof, Stamp, VisitorState
from heimta.rules.phones import e164
from heimta.worker.effects import ShopContext


def identify(state: VisitorState, event: Event, stamp: Stamp, context: ShopContext) -> None:
    told = event.props
    assert isinstance(told, VisitorIdentified)
    customer = "" if told.id.strip().lower() in NOBODY else told.id
    if stamp <= state.withdrawn or not (customer or told.email or told.phone):
        return
    known = state.identity
    if known is None:
        known = state.identity = Identity()
    if customer:
        _sign_in(known, customer, stamp)
    if stamp > known.other_of:
        if told.email and stamp > known.email_of:
            known.email, known.email_of, known.email_proof = told.email, stamp, _proof(told, stamp)
        if told.phone and stamp > known.phone_of:
            phone = in_one_form(told.phone, context)
            known.phone, known.phone_of, known.phone_proof = phone, stamp, _proof(told, stamp)
        if told.wants == "cart":
            known.cart_wanted = max(known.cart_wanted, stamp)


def _sign_in(known: Identity, customer: str, stamp: Stamp) -> None:
    """The newest customer id counts; the newest word of any other one ends what was told up to it."""
    if customer != known.id and known.id:
        known.other_of = max(known.other_of, min(stamp, known.id_of))
    if stamp > known.id_of:
        known.id, known.id_of = customer, stamp
    _drop_until(known, known.other_of)


def in_one_form(phone: str, context: ShopContext) -> str:
    """In E.164 where it can be told which number it is, else as it was told: then it joins nobody."""
    sms = context.shop.sms
    return e164(phone, sms.country if sms is not None else None) or phone


def customer_of(told: Customer, context: ShopContext) -> Customer:
    """Who ordered, with the number in the form that hubs are named by."""
    return Customer(told.id, told.email, in_one_form(told.phone, context))


def _proof(told: VisitorIdentified, stamp: Stamp) -> Proof | None:
    if not told.consent:
        return None
    return Proof(told.consent, told.consent_version, told.campaign, stamp[0])


def forget_identity(state: VisitorState) -> None:
    """After a no: what was told before it. Called once `withdrawn` is up to date."""
    known = state.identity
    if known is None:
        return
    if known.id_of <= state.withdrawn:
        known.id, known.id_of = "", NEVER
    _drop_until(known, state.withdrawn)
    if known.other_of <= state.withdrawn:
        known.other_of = NEVER
    if known == Identity():
        state.identity = None


def _drop_until(known: Identity, stamp: Stamp) -> None:
    """Where to write to them, if it was told at or before the stamp."""
    if known.email_of <= stamp:
        known.email, known.email_of, known.email_proof = "", NEVER, None
    if known.phone_of <= stamp:
        known.phone, known.phone_of, known.phone_proof = "", NEVER, None
    if known.cart_wanted <= stamp:
        known.cart_wanted = NEVER
