"""Fold whom the shop says a visitor is.

Each word (id, e-mail, phone) is the newest that was told, and only if it was told after the newest no: what a
no has erased stays erased, in whatever order the two arrive.
"""

from __future__ import annotations

from heimta.ingest.batch import Event
from heimta.model.event import VisitorIdentified
from heimta.model.visitor import NEVER, Identity, Proof, Stamp, VisitorState
from heimta.worker.effects import Effects


def identify(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    told = event.props
    assert isinstance(told, VisitorIdentified)
    if stamp <= state.withdrawn or not (told.id or told.email or told.phone):
        return
    known = state.identity
    if known is None:
        known = state.identity = Identity()
    if told.id and stamp > known.id_of:
        known.id, known.id_of = told.id, stamp
    if told.email and stamp > known.email_of:
        known.email, known.email_of, known.email_proof = told.email, stamp, _proof(told, stamp)
    if told.phone and stamp > known.phone_of:
        known.phone, known.phone_of, known.phone_proof = told.phone, stamp, _proof(told, stamp)
    if told.wants == "cart":
        known.cart_wanted = max(known.cart_wanted, stamp)


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
    if known.email_of <= state.withdrawn:
        known.email, known.email_of, known.email_proof = "", NEVER, None
    if known.phone_of <= state.withdrawn:
        known.phone, known.phone_of, known.phone_proof = "", NEVER, None
    if known.cart_wanted <= state.withdrawn:
        known.cart_wanted = NEVER
    if known == Identity():
        state.identity = None
