"""Whether the shopper said yes to a channel: the one place where that is asked. Pure.

A yes that the shopper gave outweighs every no before it. The shop's own word that it may use an address
(heimta('identify', ...) on every page, say) counts only where the shopper never said no. What was said to an
address before the one there is now was told is the former's: a typo's, or another person's.

Anybody may type anybody's address into a form. So a yes to e-mail that was said on a page may have to be
confirmed, by a link in a mail to that address; which of them the shop says (Email.confirm): each, none, or
those for an address that had said no before. Then it is the address's own yes that counts.
"""

from __future__ import annotations

from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.person import hubs_of
from heimta.model.providers.email import Confirm
from heimta.model.visitor import NEVER, ChannelConsent, Stamp, VisitorState

_NOTHING = ChannelConsent()

# Service messages go to whoever gave the address; a stop word and a provider's refusal stop these too.
_HARD = ("stop_word", "refused")
DEFAULT: Confirm = "after_no"
UNCONFIRMED = "not confirmed"


def confirm_of(shop: ShopDoc) -> Confirm:
    """Which yeses to e-mail the shop wants confirmed; none where it sends no e-mail that could ask."""
    return "never" if shop.email is None else shop.email.confirm


def consented(
    state: VisitorState, channel: Channel, *, service: bool = False, confirm: Confirm = DEFAULT
) -> str:
    """'' if marketing may go there, else why not, in a few words for the send log.

    service: order confirmations and the like, which need no yes. confirm: as the shop has it (confirm_of).
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
    if channel == "email" and waiting(state, confirm) > NEVER:
        return UNCONFIRMED
    if yes > max(everything, no):
        return ""
    if everything > yes:
        return _silenced(state)
    if no > yes:
        return "channel off"
    return "" if _is_told(state, channel) else "no consent"


def refused_by(
    hub: VisitorState,
    state: VisitorState,
    channel: Channel,
    *,
    service: bool = False,
    confirm: Confirm = DEFAULT,
) -> str:
    """The same, by what a hub has heard that the browser was perhaps not told yet (worker/hubs.py)."""
    if service:
        return consented(hub, channel, service=True)
    said = hub.consents.get(channel, _NOTHING)
    yes = state.consented if channel == "webhook" else max(yes_of(state, channel), said.yes)
    if channel == "push":
        yes = max(yes, state.subscribed)
    against = max(hub.stopped, said.no)
    if channel == "email" and confirm != "never" and against > NEVER:
        sure = max(_words_own(state, channel), said.yes)
        if yes > against >= sure:
            return UNCONFIRMED
    if hub.stopped > yes:
        return "stopped"
    return "channel off" if said.no > yes else ""


def waiting(state: VisitorState, confirm: Confirm) -> Stamp:
    """The yes to e-mail that would count if its address had confirmed it; NEVER where none waits for that."""
    said = state.consents.get("email", _NOTHING)
    has_said_no = said.no > NEVER or state.stop_at > 0
    if confirm == "never" or (confirm == "after_no" and not has_said_no):
        return NEVER
    against = max(state.withdrawn, state.stopped, said.no)
    if _words_own(state, "email") > against:
        return NEVER
    if (own := _own(state, "email")) > against:
        return own
    if against > NEVER or not _is_told(state, "email"):
        return NEVER
    # The shop says it on every page: it is asked for once.
    first = [] if state.identity is None else state.identity.email_words[:1]
    return min([said.told, *first])


def yes_of(state: VisitorState, channel: str) -> Stamp:
    """The newest that is for where they are written to now; NEVER for none. It may have to be confirmed."""
    return max(_own(state, channel), _words_own(state, channel))


def confirmed(state: VisitorState) -> Stamp:
    """The newest yes to e-mail that the address itself said; NEVER for none."""
    return _words_own(state, "email")


def _own(state: VisitorState, channel: str) -> Stamp:
    """Said in this browser, for the address that it has now."""
    said = state.consents.get(channel, _NOTHING)
    return said.yes if said.yes >= _told_from(state, channel) else NEVER


def _words_own(state: VisitorState, channel: str) -> Stamp:
    """Said by the address or the number itself."""
    said = state.consents.get(channel, _NOTHING)
    return said.word_yes if said.word_yes > NEVER and said.word_hub in hubs_of(state) else NEVER


def _is_told(state: VisitorState, channel: str) -> bool:
    said = state.consents.get(channel, _NOTHING)
    return said.told > NEVER and said.told >= _told_from(state, channel)


def _told_from(state: VisitorState, channel: str) -> Stamp:
    known = state.identity
    if known is None:
        return NEVER
    return known.email_from if channel == "email" else known.phone_from if channel == "sms" else NEVER


def _refused(said: ChannelConsent) -> str:
    return "channel off" if said.no > said.yes else ""


def _silenced(state: VisitorState) -> str:
    return "consent withdrawn" if state.withdrawn >= state.stopped else "stopped"
