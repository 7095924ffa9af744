"""Whether the shopper said yes to a channel: the one place where that is asked. Pure.

A yes that the shopper gave outweighs every no before it. The shop's own word that it may use an address
(heimta('identify', ...) on every page, say) counts only where the shopper never said no. What was said to an
address before the one there is now was told is the former's: a typo's, or another person's.
"""

from __future__ import annotations

from heimta.model.channel import Channel
from heimta.model.person import hubs_of
from heimta.model.visitor import NEVER, ChannelConsent, Stamp, VisitorState

_NOTHING = ChannelConsent()

# Service messages go to whoever gave the address; a stop word and a provider's refusal stop these too.
_HARD = ("stop_word", "refused")


def consented(state: VisitorState, channel: Channel, *, service: bool = False) -> str:
    """'' if marketing may go there, else why not, in a few words for the send log.

    service: order confirmations and the like, which need no yes.
    """
    said = state.consents.get(channel, _NOTHING)
    if service:
        return "channel refused" if said.no_why in _HARD and said.no > yes_of(state, channel) else ""
    everything = max(state.withdrawn, state.stopped)
    if channel == "webhook":  # the merchant's own system: there is no address to say yes to
        yes = state.consented if state.marketing else NEVER
        return _silenced(state) if everything > yes else _refused(said)
    yes, no = yes_of(state, channel), said.no
    if channel == "push":  # taken back in the browser it is a no to push alone
        yes, no = max(yes, state.subscribed), max(no, state.unsubscribed)
    if yes > max(everything, no):
        return ""
    if everything > yes:
        return _silenced(state)
    if no > yes:
        return "channel off"
    return "" if said.told > NEVER and said.told >= _told_from(state, channel) else "no consent"


def refused_by(hub: VisitorState, state: VisitorState, channel: Channel, *, service: bool = False) -> str:
    """The same, by what a hub has heard that the browser was perhaps not told yet (worker/hubs.py)."""
    if service:
        return consented(hub, channel, service=True)
    said = hub.consents.get(channel, _NOTHING)
    yes = state.consented if channel == "webhook" else max(yes_of(state, channel), said.yes)
    if channel == "push":
        yes = max(yes, state.subscribed)
    if hub.stopped > yes:
        return "stopped"
    return "channel off" if said.no > yes else ""


def yes_of(state: VisitorState, channel: str) -> Stamp:
    """The newest that is for where they are written to now; NEVER for none."""
    said = state.consents.get(channel, _NOTHING)
    own = said.yes if said.yes >= _told_from(state, channel) else NEVER
    if said.word_yes > own and said.word_hub in hubs_of(state):
        return said.word_yes
    return own


def _told_from(state: VisitorState, channel: str) -> Stamp:
    known = state.identity
    if known is None:
        return NEVER
    return known.email_from if channel == "email" else known.phone_from if channel == "sms" else NEVER


def _refused(said: ChannelConsent) -> str:
    return "channel off" if said.no > said.yes else ""


def _silenced(state: VisitorState) -> str:
    return "consent withdrawn" if state.withdrawn >= state.stopped else "stopped"
