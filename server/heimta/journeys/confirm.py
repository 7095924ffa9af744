"""Ask an address to confirm a yes that was typed for it. Pure.

Not a merchant's journey, but its mail goes the way of all: decided on by a timer, kept in the outbox, asked
about right before it leaves, told of in the send log. It is a service message: it claims no attention and
needs no yes. So it has limits of its own (store/confirmations.py): else anybody could fill a stranger's
mailbox through us.
"""

from __future__ import annotations

from heimta.journeys.moments import is_typed
from heimta.journeys.plans import Plans, enrollment_of
from heimta.journeys.reach import unreachable
from heimta.model.document import Text
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send
from heimta.model.message import CONFIRM, Message, message_id
from heimta.model.person import is_hub
from heimta.model.visitor import NEVER, Delivery, Stamp, VisitorState
from heimta.rules.consented import confirm_of, waiting
from heimta.rules.contents.fill import pick, spoken
from heimta.rules.texts.confirm import MAIL

STEP = "mail"
FRESH_MS = 3_600_000
LATE_MIN = 24 * 60  # who typed it has forgotten it by then


def is_waiting(state: VisitorState, shop: ShopDoc) -> bool:
    """Whether a yes to e-mail has still to be confirmed by its address."""
    return waits_for(state, shop) > NEVER


def waits_for(state: VisitorState, shop: ShopDoc) -> Stamp:
    """That yes; NEVER for none."""
    if "email" not in state.consents or is_hub(state.visitor):
        return NEVER
    return waiting(state, confirm_of(shop))


def unasked(state: VisitorState, shop: ShopDoc) -> Stamp:
    """The yes that waits for its address, which was not asked yet; NEVER for none."""
    yes = waits_for(state, shop)
    return yes if yes > state.asked else NEVER


def ask(state: VisitorState, shop: ShopDoc, *, now: int) -> Message | None:
    """Decide on the mail that asks. None: there is nothing to ask, or no way to."""
    yes = unasked(state, shop)
    if yes == NEVER:
        return None
    state.asked = yes
    _hold(state, now)
    if unreachable(state, "email", shop) or now - yes[0] > LATE_MIN * 60_000:
        return None
    name = message_id(state.shop, state.visitor, CONFIRM, STEP, ".".join(map(str, yes)))
    state.deliveries[name] = Delivery(CONFIRM, "", now, STEP)
    return Message(
        id=name,
        shop=state.shop,
        visitor=state.visitor,
        journey=CONFIRM,
        step=STEP,
        channel="email",
        cart="",
        due_at=now,
    )


def _hold(state: VisitorState, now: int) -> None:
    """What journeys have looked at before it was known that an address has to confirm: a no travels for some
    milliseconds. They look again once it has.
    """
    since = max(state.consents["email"].no[0], state.stop_at, now - FRESH_MS)
    for key, moment in state.moments.items():
        if is_typed(key) and moment.taken == moment.at > since:
            moment.taken, moment.held = 0, moment.at


def why_not(state: VisitorState, hub: VisitorState | None, shop: ShopDoc) -> str:
    """'' or that there is nothing to confirm any more. hub: of the address; it may have heard a yes of the
    address's own that this browser is told a moment later.
    """
    if waiting(state, confirm_of(shop)) == NEVER:
        return "nothing to confirm"
    said = None if hub is None else hub.consents.get("email")
    if hub is None or said is None:
        return ""
    here, others = state.consents["email"], NEVER if state.identity is None else state.identity.other_of
    against = max(here.no, said.no, state.stopped, hub.stopped, state.withdrawn, others)
    return "nothing to confirm" if said.yes > against else ""


def plan_of(plans: Plans, message: Message, state: VisitorState | None) -> tuple[Journey | None, int]:
    """What a message is of, in the version that the shopper began with; None and 0 if it or they are gone."""
    if message.journey == CONFIRM:
        return _asking(plans.shop), 0
    enrollment = enrollment_of(state, message) if state is not None else None
    if enrollment is None:
        return None, 0
    return plans.pinned(message.journey, enrollment.version), enrollment.version


def _asking(shop: ShopDoc) -> Journey:
    tongue = spoken(shop)
    said = {field: _named(pick(f"confirm.mail.{field}", MAIL[field], tongue), shop.name) for field in MAIL}
    step = Send(
        STEP,
        "email",
        title=said["title"],
        body=said["body"],
        button=said["button"],
        picture=False,
        template="survey",  # words, and one press
        max_late_min=LATE_MIN,
    )
    return Journey(CONFIRM, shop.id, CONFIRM, "signed_up", (step,), live=True, service=True)


def _named(text: Text, shop: str) -> Text:
    if isinstance(text, str):
        return text.replace("{shop}", shop)
    return {language: words.replace("{shop}", shop) for language, words in text.items()}
