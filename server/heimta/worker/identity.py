"""Fold whom the shop says a visitor is.

Each word (id, e-mail, phone) is the newest that was told, and only if it was told after the newest no: what a
no has erased stays erased, in whatever order the two arrive. So with a device that several people use: when
another customer signs in, what was told before the other's last word is the other's, and is dropped. With it
goes what hangs on it: the other's yes to each channel, who they are at Messenger, what they looked at. What
came between that word and the next customer's first is dropped by a timer (forget_former), which is before
anything is decided: in the fold a late fact might still show that it was their own.

A yes to a channel is given for an address. When another address takes its place, mended or not, the yes goes
with the one it was given for; what is told with the new address counts for that. A yes between the last word
of the one and the first of the other does not hold either (rules/consented.py): which word is the first, a
late one may still change.
"""

from __future__ import annotations

from heimta.ingest.batch import Event
from heimta.model.event import VisitorIdentified
from heimta.model.person import NOBODY, normal
from heimta.model.visitor import KEEP_MS, NEVER, Identity, Proof, Stamp, VisitorState
from heimta.rules.phones import in_one_form
from heimta.worker.effects import ShopContext
from heimta.worker.messenger import forget_messenger
from heimta.worker.preferences import forget_consents_until
from heimta.worker.viewed import forget_viewed

KEEP_WORDS = 20  # of who is signed in, and of each address, within KEEP_MS


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
        if told.email:
            _tell_email(known, told, stamp)
        if told.phone:
            _tell_phone(known, told, stamp, context)
        if told.wants == "cart":
            known.cart_wanted = max(known.cart_wanted, stamp)
    forget_consents_until(state, NEVER)


def _tell_email(known: Identity, told: VisitorIdentified, stamp: Stamp) -> None:
    is_newer = stamp > known.email_of
    words = known.email_words or _told_before(known.email_of, known.email_other)
    if known.email and normal("email", known.email) != normal("email", told.email):
        known.email_other = max(known.email_other, known.email_of if is_newer else stamp)
    if is_newer:
        known.email, known.email_of, known.email_proof = told.email, stamp, _proof(told, stamp)
    known.email_words = _words_after([*words, stamp], known.email_other)


def _tell_phone(known: Identity, told: VisitorIdentified, stamp: Stamp, context: ShopContext) -> None:
    is_newer, phone = stamp > known.phone_of, in_one_form(told.phone, context.shop.sms)
    words = known.phone_words or _told_before(known.phone_of, known.phone_other)
    if known.phone and known.phone != phone:
        known.phone_other = max(known.phone_other, known.phone_of if is_newer else stamp)
    if is_newer:
        known.phone, known.phone_of, known.phone_proof = phone, stamp, _proof(told, stamp)
    known.phone_words = _words_after([*words, stamp], known.phone_other)


def _sign_in(known: Identity, customer: str, stamp: Stamp) -> None:
    """The newest customer id counts; the newest word of any other one ends what was told up to it."""
    known.signed = known.signed or _told_before(known.id_of, known.other_of)
    if customer != known.id and known.id:
        known.other_of = max(known.other_of, min(stamp, known.id_of))
    if stamp > known.id_of:
        known.id, known.id_of = customer, stamp
    if customer == known.id:
        known.signed.append(stamp)
    _drop_until(known, known.other_of)


def _told_before(newest: Stamp, other: Stamp) -> list[Stamp]:
    """Words in a state that an older release has written, which keeps but the newest of them. Nobody knows
    when the first came after another one's last: at once, so that the rightful owner loses nothing.
    """
    return [min((other[0] + 1, "", 0), newest), newest] if other > NEVER else [newest]


def _words_after(told: list[Stamp], stamp: Stamp) -> list[Stamp]:
    words = sorted({word for word in told if word > stamp})
    recent = [word for word in words[1:] if word[0] > words[-1][0] - KEEP_MS]
    return words[:1] + recent[-KEEP_WORDS:]


def forget_former(state: VisitorState) -> None:
    """What was another customer's on this browser. For timers, before they decide on anything."""
    known = state.identity
    if known is None or not known.own_from:
        return
    forget_viewed(state, before=known.own_from)
    forget_messenger(state, before=known.own_from)
    forget_consents_until(state, (known.own_from, "", 0))


def spell_number(state: VisitorState, context: ShopContext) -> bool:
    """Bring a number to its one form that was told before the shop said which country is meant. Whether it
    was: it names a hub from now on, which a STOP comes by.
    """
    known = state.identity
    if known is None or not known.phone or normal("phone", known.phone):
        return False
    told, known.phone = known.phone, in_one_form(known.phone, context.shop.sms)
    return known.phone != told


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
    known.signed = _words_after(known.signed, stamp)
    known.email_words = _words_after(known.email_words, stamp)
    known.phone_words = _words_after(known.phone_words, stamp)
    if known.cart_wanted <= stamp:
        known.cart_wanted = NEVER
    if known.email_other <= stamp:
        known.email_other = NEVER
    if known.phone_other <= stamp:
        known.phone_other = NEVER
