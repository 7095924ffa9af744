"""Keep the browsers of one person together: what a browser tells its hubs, and a hub its members. Pure.

A hub (model/person.py) is a state like any other, in a partition of its own, and hears by the relay stream.
It knows three things: which browsers told its word, when the person last ordered, and what they said no to.

- An order of one browser, or one that the shop signed with the person's words, ends the journeys of all.
- A no of one is a no of all. A yes is the browser's own, where its proof is: it goes on only if the word
  itself said it, as a phone does by START.
- Nothing else travels: no cart, no name, no product. An address that somebody typed into a form is no proof
  that it is theirs, so it opens nothing; it can stop messages, and no more.

A hub may believe in a member that has told another word since; so a member asks itself whether it still names
the hub before it listens. Copies and late notes change nothing: all is a maximum, or the newest by its stamp.
"""

from __future__ import annotations

from msgspec import Struct, structs

from heimta.ingest.entry import BoughtNote, JoinNote, PassedNote, RelayNote
from heimta.journeys.ends import leave
from heimta.model.consent import ConsentNote
from heimta.model.event import Order
from heimta.model.person import hub_of, hubs_of, hubs_of_customer, is_hub, normal
from heimta.model.preferences import PreferencesNote
from heimta.model.visitor import KEEP_MEMBERS, NEVER, VisitorState
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import BatchNote, Fact
from heimta.worker.identity import customer_of
from heimta.worker.orders import settle_bought
from heimta.worker.preferences import consent, stop

# A hub lives as long as a state, 90 days; so who comes back tells it again, once in each of these periods.
AGAIN_MS = 30 * 24 * 3_600_000

UNSIGNED_MS = 60_000


class Before(Struct, frozen=True, gc=False):
    """What a browser's hubs knew of it before a fact."""

    hubs: tuple[str, ...]
    bought_at: int
    period: int


def look(state: VisitorState) -> Before:
    return Before(hubs_of(state), state.bought_at, state.last_at // AGAIN_MS)


def settle(
    state: VisitorState, before: Before, fact: Fact, *, context: ShopContext, effects: Effects
) -> None:
    """Tell the hubs what a fact of this very browser changed. What came from a hub goes no further."""
    if state.identity is None and not before.hubs and isinstance(fact.note, BatchNote):
        return  # nearly everybody
    now, note = hubs_of(state), fact.note
    is_again = before.period != state.last_at // AGAIN_MS
    joined = [hub for hub in now if is_again or hub not in before.hubs]
    for hub in joined:
        _relay(effects, state, JoinNote(hub, state.visitor, fact.received))
    for hub in before.hubs:
        if hub not in now:
            _relay(effects, state, JoinNote(hub, state.visitor, fact.received, over=True))
    is_signed = isinstance(note, Order | RelayNote)
    has_ordered = (is_signed or isinstance(note, BatchNote)) and state.bought_at > before.bought_at
    for hub in now if has_ordered else joined:
        if state.bought_at:
            _relay(effects, state, BoughtNote(hub, hub, state.visitor, state.bought_at, is_signed))
    match note:
        case Order() if note.customer is not None and note.id in state.orders:
            at = state.orders[note.id].stops_at
            for hub in hubs_of_customer(state.shop, customer_of(note.customer, context)):
                if hub not in now or not has_ordered:
                    _relay(effects, state, BoughtNote(hub, hub, state.visitor, at, is_signed))
        case ConsentNote() if not is_hub(state.visitor):
            for hub in _hubs_that_hear(state, note):
                told = structs.replace(note, vid=hub, at=note.at or fact.received)
                _relay(effects, state, PassedNote(hub, hub, consent=told))
        case ConsentNote():
            _pass_on(state, note, fact.received, effects)
        case PreferencesNote() if note.stop:
            for hub in now:
                _relay(effects, state, PassedNote(hub, hub, stopped=fact.received))


def _hubs_that_hear(state: VisitorState, note: ConsentNote) -> tuple[str, ...]:
    """Of a no: all. Of an address that a provider refuses, only its own: the person may have another."""
    if note.yes:
        return ()
    known = state.identity
    if note.why != "refused" or known is None:
        return hubs_of(state)
    if note.channel == "email" and (email := normal("email", known.email)):
        return (hub_of(state.shop, "email", email),)
    if note.channel == "sms" and (phone := normal("phone", known.phone)):
        return (hub_of(state.shop, "phone", phone),)
    return ()


def fold_join(state: VisitorState, note: JoinNote, effects: Effects) -> None:
    """A browser told the hub's word, or another one since. Whoever joins is told what the hub knows."""
    held = state.members.get(note.member, -1)
    if note.over:
        if 0 <= held < note.at:
            del state.members[note.member]
        return
    if note.at <= held:
        return
    state.members[note.member] = note.at
    if len(state.members) > KEEP_MEMBERS:
        del state.members[min(state.members, key=lambda name: (state.members[name], name))]
    if state.said_at:
        _relay(effects, state, BoughtNote(note.member, state.visitor, "", state.said_at))
    if state.stopped > NEVER:
        _relay(effects, state, PassedNote(note.member, state.visitor, stopped=state.stopped[0]))
    for channel, said in state.consents.items():
        if said.no > NEVER:
            no = ConsentNote(note.member, channel, False, said.no_why, said.no[0])  # type: ignore[arg-type]
            _relay(effects, state, PassedNote(note.member, state.visitor, consent=no))
        if said.yes > said.no:
            yes = ConsentNote(note.member, channel, True, said.yes_why, said.yes[0])  # type: ignore[arg-type]
            _relay(effects, state, PassedNote(note.member, state.visitor, consent=yes))


def fold_bought(state: VisitorState, note: BoughtNote, effects: Effects) -> None:
    """The person ordered. It stops what was begun before, and counts nowhere: no order of this browser."""
    if is_hub(state.visitor):
        # What browsers say is passed on once a minute, which is all that clocks tell apart: else whoever
        # made up orders in one browser would keep twenty busy.
        if note.at >= state.said_at + (1 if note.is_signed else UNSIGNED_MS):
            for member in sorted(state.members):
                if member != note.other:
                    _relay(effects, state, BoughtNote(member, state.visitor, "", note.at))
    elif note.hub not in hubs_of(state):
        return
    if note.at > state.said_at:
        state.said_at = note.at
        settle_bought(state)
        leave(state, "ordered", before=note.at)


def fold_passed(state: VisitorState, note: PassedNote, received: int, effects: Effects) -> None:
    """The person said no somewhere, or a word of theirs said yes."""
    if not is_hub(state.visitor) and note.hub not in hubs_of(state):
        return
    if note.stopped and (note.stopped, "person", 0) > state.stopped:
        stop(state, (note.stopped, "person", 0))
        for member in sorted(state.members):
            _relay(effects, state, PassedNote(member, state.visitor, stopped=note.stopped))
    if note.consent is not None:
        before = structs.replace(held) if (held := state.consents.get(note.consent.channel)) else None
        consent(state, note.consent, received)
        if state.consents.get(note.consent.channel) != before:
            _pass_on(state, note.consent, received, effects)


def _pass_on(state: VisitorState, note: ConsentNote, received: int, effects: Effects) -> None:
    """From a hub to those who know its word."""
    for member in sorted(state.members):
        told = structs.replace(note, vid=member, at=note.at or received)
        _relay(effects, state, PassedNote(member, state.visitor, consent=told))


def _relay(effects: Effects, state: VisitorState, note: JoinNote | BoughtNote | PassedNote) -> None:
    effects.relays.append((state.shop, note))
