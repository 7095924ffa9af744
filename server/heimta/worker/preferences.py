"""Fold subscriptions and what shoppers chose of messages. Pure.

A yes and a no each leave their own stamp, the newest of both decides, and an address that changes without
anybody being asked is neither: it takes the place of the one there is, so there is never more than one.
"""

from __future__ import annotations

from heimta.journeys.ends import leave
from heimta.journeys.wanted import STOPPED
from heimta.model.channel import Channel
from heimta.model.consent import ConsentNote
from heimta.model.event import PushRequest
from heimta.model.person import is_hub
from heimta.model.preferences import PreferencesNote, Proof
from heimta.model.visitor import KEEP_MEMBERS, NEVER, ChannelConsent, Preferences, Stamp, VisitorState
from heimta.rules.wishes import less_of

OF_BROWSER = frozenset({"push", "webhook"})  # channels that go by no address, whoever is signed in


def subscribe(state: VisitorState, note: PushRequest, received: int) -> None:
    """received: when the edge took it, ms."""
    told = note.subscription
    if told is None:
        state.unsubscribed = max(state.unsubscribed, (received, "push", 0))
        return
    stamp = (received, told.endpoint, 0)
    hear_zone(state, note.tz, stamp)
    if note.renew:
        was_gone = 0 < state.addressed[0] <= state.gone
        if (state.subscription is not None or was_gone) and stamp > state.addressed:
            state.subscription, state.renewed = told, stamp
    else:
        if stamp > state.addressed:
            state.subscription = told
        state.subscribed = max(state.subscribed, stamp)


def prefer(state: VisitorState, note: PreferencesNote, received: int) -> None:
    """The newest choice counts whole; a stop is a no beside it, which only a later yes outweighs. What it
    says besides is what the edge knew, perhaps from before a choice that was not folded yet.
    """
    stamp = (received, f"{','.join(sorted(note.off))} {note.pace} {note.until}", 0)
    if note.stop:
        state.stop_at = max(state.stop_at, received)
        stop(state, stamp)
        return
    held = state.preferences
    if held is None or stamp > held.stamp:
        state.preferences = Preferences(sorted(note.off), note.pace, note.until, stamp)


def hear_choice(state: VisitorState, chosen: Preferences, by: str) -> None:
    """What the person chose in the browser `by`, or behind the link in a mail to the address of that hub."""
    heard = state.choices_heard
    if by == state.visitor:
        if is_hub(by) and (state.preferences is None or chosen.stamp > state.preferences.stamp):
            state.preferences = chosen
        return
    if not by:
        heard[by] = less_of(heard.get(by), chosen)
    elif by not in heard or chosen.stamp > heard[by].stamp:
        heard[by] = chosen
    while len(heard) > KEEP_MEMBERS:  # made-up browsers must not crowd out what was said
        oldest = min((name for name in heard if name), key=lambda name: (heard[name].stamp, name))
        heard[""] = less_of(heard.get(""), heard.pop(oldest))


def consent(state: VisitorState, note: ConsentNote, received: int) -> None:
    """A yes or a no to one channel."""
    settle_consent(state, note.channel, (note.at or received, note.why, 0), yes=note.yes, why=note.why)


def proof_of(note: ConsentNote, received: int) -> Proof:
    return Proof(note.at or received, f"{'yes' if note.yes else 'no'} {note.channel}", note.why, note.text)


def settle_consent(state: VisitorState, channel: Channel, stamp: Stamp, *, yes: bool, why: str) -> None:
    """Keep the newest yes and the newest no. What a no to everything has erased stays erased."""
    held = state.consents.setdefault(channel, ChannelConsent())
    if yes:
        if stamp > max(held.yes, state.withdrawn, _others_until(state, channel)):
            held.yes, held.yes_why = stamp, why
    elif stamp > held.no:
        held.no, held.no_why = stamp, why
    if held == ChannelConsent():
        del state.consents[channel]


def hear_yes(state: VisitorState, channel: Channel, stamp: Stamp, hub: str) -> None:
    """The number itself said yes (START), which says nothing of the next one that is told here. hub: its own,
    which this browser names.
    """
    held = state.consents.setdefault(channel, ChannelConsent())
    others = NEVER if state.identity is None else state.identity.other_of
    if stamp > max(state.withdrawn, others) and (hub != held.word_hub or stamp > held.word_yes):
        held.word_yes, held.word_hub = stamp, hub
    if held == ChannelConsent():
        del state.consents[channel]


def told_consent(state: VisitorState, channel: Channel, stamp: Stamp) -> None:
    """The shop says that it may use the channel. It cannot outweigh what the shopper said."""
    if stamp <= _others_until(state, channel):
        return
    held = state.consents.setdefault(channel, ChannelConsent())
    held.told = max(held.told, stamp)


def hear_zone(state: VisitorState, zone: str, stamp: Stamp) -> None:
    if zone and stamp > max(state.zone_of, state.withdrawn):
        state.zone, state.zone_of = zone, stamp


def forget_consents(state: VisitorState) -> None:
    """After a no to everything: every yes before it, and where they are. A no stays, so that nothing can undo
    it but a yes.
    """
    if state.zone_of <= state.withdrawn:
        state.zone, state.zone_of = "", NEVER
    for channel, held in list(state.consents.items()):
        if held.yes <= state.withdrawn:
            held.yes, held.yes_why = NEVER, ""
        if held.told <= state.withdrawn:
            held.told = NEVER
        if held.word_yes <= state.withdrawn:
            held.word_yes, held.word_hub = NEVER, ""
        if held == ChannelConsent():
            del state.consents[channel]


def forget_consents_until(state: VisitorState, stamp: Stamp) -> None:
    """Every yes that was another customer's, or for another address; and all up to the stamp. A no stays:
    rather one message too few.
    """
    others = max(stamp, NEVER if state.identity is None else state.identity.other_of)
    for channel, held in list(state.consents.items()):
        if channel in OF_BROWSER:
            continue
        if held.word_yes <= others:
            held.word_yes, held.word_hub = NEVER, ""
        until = max(stamp, _others_until(state, channel))
        if held.yes <= until:
            held.yes, held.yes_why = NEVER, ""
        if held.told <= until:
            held.told = NEVER
        if held == ChannelConsent():
            del state.consents[channel]


def _others_until(state: VisitorState, channel: str) -> Stamp:
    """A yes to the channel up to it says nothing of who is written to now, and where."""
    known = state.identity
    if known is None or channel in OF_BROWSER:
        return NEVER
    of_address = {"email": known.email_other, "sms": known.phone_other}
    return max(known.other_of, of_address.get(channel, NEVER))


def stop(state: VisitorState, stamp: Stamp) -> None:
    """A copy of a no that is known ends nothing: a journey may have begun since, after a later yes."""
    if stamp > state.stopped:
        state.stopped = stamp
        leave(state, STOPPED)
