"""Keep the browsers of one person together: what a browser tells its hubs, and a hub its members. Pure.

A hub (model/person.py) is a state like any other, in a partition of its own, and hears by the relay stream.
It knows which browsers told its word, when they ordered, what the person said no to and chose to be told of,
and, where a journey asks for it, on which day any of them was there last.

- An order of one browser, or one that the shop signed with the person's words, ends the journeys of all who
  share a word with it, and goes no further. What the shop signed also counts in the lift of those who had
  told the word before (person_orders.py).
- A no of one is a no of all, along every shared word: rather one message too few. A yes is the browser's own,
  where its proof is: it goes on only if the word itself said it, as a phone does by START.
- What was chosen behind the link in a mail (topics, how often, a pause) holds for all who told its address.
  What was chosen on a page goes along every shared word, and can only ask for less there; which browser said
  it is kept, so that none lifts what another one has said (rules/wishes.py).
- The day of a visit goes to the others of the same word, once a day: who is away here may be there.
- That an e-mail address is dead goes to all who told that address.
- Nothing else travels: no cart, no name, no product. An address that somebody typed into a form is no proof
  that it is theirs, so it opens nothing; it can stop messages, and no more.

A hub may believe in a member that has told another word since; so a member asks itself whether it still names
the hub before it listens. Copies and late notes change nothing: all is a maximum, or the newest by its stamp.
"""

from __future__ import annotations

from typing import cast

from msgspec import Struct

from heimta.ingest.entry import BoughtNote, JoinNote, PassedNote
from heimta.journeys.ends import leave
from heimta.model.channel import Channel
from heimta.model.consent import ConsentNote, Why
from heimta.model.event import Order
from heimta.model.message import DeliveryNote
from heimta.model.person import (
    Word,
    hub_of,
    hubs_of,
    hubs_of_customer,
    hubs_of_guest,
    is_hub,
    normal,
    told_here,
)
from heimta.model.visitor import (
    KEEP_DEAD,
    KEEP_MEMBERS,
    NEVER,
    Preferences,
    Stamp,
    VisitorState,
)
from heimta.rules.mail.addresses import mark_of
from heimta.rules.phones import customer_of
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import BatchNote, Fact, Note
from heimta.worker.lift import settle_all
from heimta.worker.orders import own_bought_at, settle_bought
from heimta.worker.person_orders import hear_order, keep_named, signed
from heimta.worker.preferences import consent, hear_choice, hear_yes, stop

DAY_MS = 24 * 3_600_000
# A hub lives 30 days longer than a state; so who comes back tells it again, once in each of these periods.
AGAIN_MS = 30 * DAY_MS
# What leaves keeps the browser's state, without a visit: so it is told again too, since a STOP comes by it.
_LEFT = frozenset({"sent", "unknown"})

# By channel: stamp and reason of the newest no, and the same of the newest yes.
Said = dict[str, tuple[Stamp, str, Stamp, str]]


class Before(Struct, frozen=True, gc=False):
    """What there was to tell before a fact. hubs: with the day on which their word was told last."""

    hubs: dict[str, int]
    bought_at: int = 0
    period: int = 0
    said: Said = {}
    stop_at: int = 0
    dead: tuple[str, ...] = ()  # marks of e-mail addresses
    chosen: Stamp = NEVER
    heard: dict[str, Preferences] = {}  # what was chosen elsewhere
    day: int = 0  # of the newest visit


_NOTHING = Before({})


def look(state: VisitorState) -> Before:
    if state.identity is None and (state.first_at or not state.orders) and not is_hub(state.visitor):
        return _NOTHING  # nearly everybody
    period = state.last_at // AGAIN_MS
    return Before(
        _named(state),
        own_bought_at(state),
        period,
        _said(state),
        state.stop_at,
        tuple(state.mail_dead),
        _stamp_of(state.preferences),
        dict(state.choices_heard),
        state.visited_at // DAY_MS,
    )


def settle(
    state: VisitorState, before: Before, fact: Fact | None, *, context: ShopContext, effects: Effects
) -> None:
    """Tell what a fact changed: a browser its hubs, a hub its members. fact: None for a timer."""
    note = None if fact is None else fact.note
    if before is _NOTHING and state.identity is None and isinstance(note, BatchNote):
        return  # nearly always
    if is_hub(state.visitor):
        for member in sorted(state.members):
            _tell(effects, state, member, before)
        return
    if isinstance(note, Order) and note.customer is not None and note.id in state.orders:
        order = state.orders[note.id]
        placed = signed(state.shop, order)
        for hub in hubs_of_customer(state.shop, customer_of(note.customer, context.shop.sms)):
            _relay(effects, state, BoughtNote(hub, hub, state.visitor, order.stops_at, placed))
    if keep_named(state):
        settle_all(state, context, effects)
    now = _named(state)
    if not now and not before.hubs:
        return
    is_again = before.period != state.last_at // AGAIN_MS
    seen = state.visited_at // DAY_MS if context.plans.asks_quiet else 0
    bought_at = own_bought_at(state)
    for hub, day in now.items():
        is_new = hub not in before.hubs
        if is_new or is_again or _has_left(note) or day > before.hubs[hub]:
            _relay(effects, state, _joining(state, hub, day, is_new=is_new))
        if bought_at > (0 if is_new else before.bought_at):
            _relay(effects, state, BoughtNote(hub, hub, state.visitor, bought_at))
        if seen > (0 if is_new else before.day):
            _relay(effects, state, PassedNote(hub, hub, seen=seen, by=state.visitor))
        if not (isinstance(note, PassedNote) and note.hub == hub):
            _tell(effects, state, hub, _NOTHING if is_new else before)
        if is_again and not is_new:  # older releases told no hub of it
            _tell_chosen(effects, state, hub, _NOTHING)
    for hub, day in before.hubs.items():
        if hub not in now:
            _relay(effects, state, JoinNote(hub, state.visitor, day, over=True))


def tell_again(state: VisitorState, effects: Effects) -> None:
    """A browser met a journey while nobody was there: its hubs live on until the order that may follow. Who
    is held out gets no message, which would tell them.
    """
    for hub, day in _named(state).items():
        _relay(effects, state, _joining(state, hub, day))


def _joining(state: VisitorState, hub: str, day: int, *, is_new: bool = False) -> JoinNote:
    words = told_here(state)
    return JoinNote(hub, state.visitor, day, new=is_new, first=words[hub][0][0] if hub in words else 0)


def _has_left(note: Note | None) -> bool:
    return isinstance(note, DeliveryNote) and note.outcome in _LEFT


def _named(state: VisitorState) -> dict[str, int]:
    """With the day on which the word was told last; a guest's order is the first to make room."""
    if state.identity is None:
        return dict.fromkeys(hubs_of_guest(state), 0)
    return {hub: newest[0] // DAY_MS for hub, (_, newest) in told_here(state).items()}


def _said(state: VisitorState) -> Said:
    return {name: (held.no, held.no_why, held.yes, held.yes_why) for name, held in state.consents.items()}


def _tell(effects: Effects, state: VisitorState, to: str, before: Before) -> None:
    """What is new of what was said. A browser's yes stays with it."""
    hub = state.visitor if is_hub(state.visitor) else to
    for channel, said in _said(state).items():
        no, no_why, yes, yes_why = said
        was = before.said.get(channel, (NEVER, "", NEVER, ""))
        if no > was[0] and (no_why != "refused" or _is_own_address(state, hub, channel)):
            _relay(effects, state, PassedNote(to, hub, consent=_note(to, channel, no, no_why, is_yes=False)))
        if hub == state.visitor and yes > was[2]:
            _relay(effects, state, PassedNote(to, hub, consent=_note(to, channel, yes, yes_why, is_yes=True)))
    if state.stop_at > before.stop_at:
        _relay(effects, state, PassedNote(to, hub, stopped=state.stop_at))
    _tell_chosen(effects, state, to, before)
    _tell_dead(effects, state, to, before.dead)


def _tell_chosen(effects: Effects, state: VisitorState, to: str, before: Before) -> None:
    """A hub's own was chosen by a link; what is a browser's own, others cannot know to be the person's."""
    hub = state.visitor if is_hub(state.visitor) else to
    own = state.preferences
    if own is not None and own.stamp > before.chosen:
        _relay(effects, state, PassedNote(to, hub, chosen=own, by=state.visitor))
    for by, chosen in sorted(state.choices_heard.items()):
        if by != to and chosen != before.heard.get(by):
            _relay(effects, state, PassedNote(to, hub, chosen=chosen, by=by))


def _stamp_of(chosen: Preferences | None) -> Stamp:
    return NEVER if chosen is None else chosen.stamp


def _tell_dead(effects: Effects, state: VisitorState, to: str, before: tuple[str, ...]) -> None:
    """A browser's to the hub of that address alone; a hub's to whoever told it."""
    for mark in state.mail_dead:
        if mark not in before and (is_hub(state.visitor) or mark in _marks_of(state, to)):
            hub = state.visitor if is_hub(state.visitor) else to
            _relay(effects, state, PassedNote(to, hub, dead=mark))


def _marks_of(state: VisitorState, hub: str) -> list[str]:
    """Marks of the addresses by which this browser is in that hub."""
    known = state.identity
    told = [known.email] if known is not None else []
    told += [order.customer.email for order in state.orders.values() if order.customer is not None]
    return [
        mark_of(state.shop, one)
        for one in told
        if one and hub_of(state.shop, "email", normal("email", one)) == hub
    ]


def _note(vid: str, channel: str, stamp: Stamp, why: str, *, is_yes: bool) -> ConsentNote:
    return ConsentNote(vid, cast(Channel, channel), is_yes, cast(Why, why), stamp[0])


def _is_own_address(state: VisitorState, hub: str, channel: str) -> bool:
    """An address that a provider refuses says nothing of another one that the person may have."""
    if hub == state.visitor:
        return True
    known = state.identity
    kinds: dict[str, Word] = {"email": "email", "sms": "phone"}
    kind = kinds.get(channel)
    if known is None or kind is None:
        return False
    return hub_of(state.shop, kind, normal(kind, getattr(known, kind))) == hub


def remembers(hub: VisitorState) -> bool:
    """Whether it heard a yes, a no or a choice. It holds no word and no cart, and is all that keeps the
    shop's own word from counting again, when every browser of the person was silent for too long.
    """
    return bool(hub.consents or hub.stop_at or hub.preferences or hub.choices_heard)


def fold_join(state: VisitorState, note: JoinNote, effects: Effects) -> None:
    """A browser told the hub's word, or another one since. Whoever joins is told what the hub knows."""
    held = state.members.get(note.member)
    if note.over:
        if held is not None and held <= note.day:
            del state.members[note.member]
            state.joined.pop(note.member, None)
            state.tellers.pop(note.member, None)
        return
    state.members[note.member] = max(note.day, held or 0)
    if note.first:
        state.joined[note.member] = min(note.first, state.joined.get(note.member, note.first))
    if held is not None and not note.new:
        return
    if len(state.members) > KEEP_MEMBERS:
        _make_room(state)
    if at := _ordered_by_others(state, note.member):
        _relay(effects, state, BoughtNote(note.member, state.visitor, "", at))
    if state.seen_day:
        _relay(effects, state, PassedNote(note.member, state.visitor, seen=state.seen_day))
    _tell(effects, state, note.member, _NOTHING)


def _make_room(state: VisitorState) -> None:
    """The browser goes that told the word longest ago. Half of the places are for those that told it first:
    who types somebody's address into a form again and again pushes none of their browsers out.
    """
    first = sorted(state.joined, key=lambda name: (state.joined[name], name))[: KEEP_MEMBERS // 2]
    gone = min(state.members.keys() - set(first), key=lambda name: (state.members[name], name))
    del state.members[gone]
    state.joined.pop(gone, None)


def _ordered_by_others(state: VisitorState, member: str) -> int:
    return max((at for other, at in state.tellers.items() if other != member), default=0)


def fold_bought(state: VisitorState, note: BoughtNote, context: ShopContext, effects: Effects) -> None:
    """The person ordered. It stops what was begun before, and is no order of this browser: of what the shop
    counts it adds to the lift alone.
    """
    if is_hub(state.visitor):
        times = _hear_time(state, note)
        for member in sorted(state.members):
            at, placed = times.get(member, 0), note.placed if member != note.other else None
            if at or placed is not None:
                _relay(effects, state, BoughtNote(member, state.visitor, "", at, placed))
    elif note.hub in hubs_of(state):
        if note.at > state.heard_at:
            state.heard_at = note.at
            settle_bought(state)
            leave(state, "ordered", before=note.at)
        if note.placed is not None and hear_order(state, note.placed, note.hub):
            settle_all(state, context, effects)


def _hear_time(state: VisitorState, note: BoughtNote) -> dict[str, int]:
    """By member: when others ordered last, ms, where it is later than was known."""
    if note.at <= state.tellers.get(note.other, 0):
        return {}
    before = {member: _ordered_by_others(state, member) for member in state.members}
    state.tellers[note.other] = note.at
    after = {member: _ordered_by_others(state, member) for member in state.members}
    if len(state.tellers) > KEEP_MEMBERS:
        del state.tellers[min(state.tellers, key=lambda name: (state.tellers[name], name))]
    return {member: at for member, at in after.items() if at > before[member]}


def fold_passed(state: VisitorState, note: PassedNote, received: int, effects: Effects) -> None:
    """The person said no or chose something, a word of theirs said yes, their address is dead, or another
    browser of theirs was there.
    """
    if not is_hub(state.visitor) and note.hub not in hubs_of(state):
        return
    if note.seen > state.seen_day:
        state.seen_day = note.seen
        for member in sorted(set(state.members) - {note.by}):
            _relay(effects, state, PassedNote(member, state.visitor, seen=note.seen))
    if note.stopped > state.stop_at:
        state.stop_at = note.stopped
        stop(state, (note.stopped, "person", 0))
    if note.dead:
        state.mail_dead = sorted({*state.mail_dead, note.dead})[:KEEP_DEAD]
    if note.consent is not None and note.consent.yes:
        hear_yes(state, note.consent.channel, (note.consent.at, note.consent.why, 0), note.hub)
    elif note.consent is not None:
        consent(state, note.consent, received)
    if note.chosen is not None:
        hear_choice(state, note.chosen, note.by)


def _relay(effects: Effects, state: VisitorState, note: JoinNote | BoughtNote | PassedNote) -> None:
    effects.relays.append((state.shop, note))
