"""May it go out? Decides on one message and spends the person's attention for it, in one step. I/O.

Deciding looks at what all names of the person were spent on; spending writes only if that still holds, and
else it is decided again. So however many workers ask for the same person, no limit is broken.
"""

from __future__ import annotations

from msgspec import Struct, structs

from heimta.journeys.decide import Facts, Verdict, decide, facts_of, facts_of_asking
from heimta.journeys.interest import OF_PRODUCTS
from heimta.model.attention import Touch, Touches
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.model.message import CONFIRM, Message
from heimta.model.person import Word, address_of, hubs_of, hubs_of_words, mailbox_names, names_limited
from heimta.model.visitor import NEVER, VisitorState
from heimta.model.volume import is_limited
from heimta.rules.attention import kept, with_message, without_message
from heimta.store import attention, ceilings, confirmations, people, watchers
from heimta.store.connect import Client

# What a shop's ceiling holds is asked about again this much later at least: places come free one by one, and
# thousands that wait would all come for each of them.
ROOM_MS = 10 * 60_000
FRESH_MS = 60_000  # within which a no has come by the relay stream, also where a log waits
TRIES = 20  # each that fails means that another message of the person was decided meanwhile


class Asked(Struct, frozen=True):
    """The verdict, and the facts that it follows from, for the send log."""

    facts: Facts
    verdict: Verdict


async def ask(
    redis: Client,
    state: VisitorState | None,
    message: Message,
    journey: Journey | None,
    shop: ShopDoc,
    *,
    partitions: int,
    version: int = 0,
    hold: int = 0,
    now: int,
) -> Asked:
    """Decide, and when it may go, spend. Asked again for the same message, by another try or after a crash,
    it takes its own place in the budget. Raises RedisError.
    """
    if message.journey == CONFIRM:
        return await _ask_to_confirm(redis, state, message, shop, partitions=partitions, hold=hold, now=now)
    is_service = journey is not None and journey.service
    if state is None or journey is None or (is_service and not message.about):
        return await _below(
            redis, message, facts_of(state, message, journey, shop, version=version, hold=hold, now=now)
        )
    names = names_limited(state)
    known = {}
    if journey.begins.on in OF_PRODUCTS:
        known = await watchers.known(redis, shop.id, [message.about], partitions)
    unheard = await _unheard(redis, state, message, service=is_service, partitions=partitions, now=now)
    mine: Touches | None = None  # its place in the budget before it was asked
    for attempt in range(TRIES + 1):
        looked = await attention.look(redis, shop.id, names, partitions)
        if mine is None:
            mine = tuple(touch for touch in looked.touches if touch.id == message.id)
        touches = kept((*looked.touches, *shown(state)), now=now)
        facts = facts_of(
            state,
            message,
            journey,
            shop,
            touches=touches,
            product=known.get(message.about),
            unheard=unheard,
            version=version,
            hold=hold,
            now=now,
        )
        asked = await _below(redis, message, structs.replace(facts, busy=attempt == TRIES))
        if asked.verdict.outcome != "send":
            if attempt:
                await _give_back(redis, shop.id, names, partitions, message.id, mine)
            return asked
        mark = Touch(now, message.id, "service" if is_service else "message", facts.subject)
        if await attention.spend(redis, looked, with_message(touches, mark)):
            return asked
    raise AssertionError("a busy budget defers")


async def _ask_to_confirm(
    redis: Client,
    state: VisitorState | None,
    message: Message,
    shop: ShopDoc,
    *,
    partitions: int,
    hold: int,
    now: int,
) -> Asked:
    """A mail that asks an address to confirm a yes: below a limit of its own, and for no attention."""
    address = "" if state is None else address_of(state, "email")
    hub = None
    for name in hubs_of_words(shop.id, {"email": address}):
        hub = await people.state_of(redis, shop.id, name, partitions)
    facts = facts_of_asking(state, hub, message, shop, hold=hold, now=now)
    verdict = decide(facts)
    if verdict.outcome == "send":
        for box in mailbox_names(shop.id, address):
            if not await confirmations.take(redis, shop.id, box, message.id, partitions=partitions, now=now):
                facts = structs.replace(facts, course="asked already")
    return Asked(facts, decide(facts))


async def _unheard(
    redis: Client, state: VisitorState, message: Message, *, service: bool, partitions: int, now: int
) -> list[VisitorState]:
    """Hubs that may have heard a no, or a bounce, which this browser was not told: those of words that it
    told a moment ago, and that of the address which an order gave and the browser never did.
    """
    known, hubs = state.identity, set(hubs_of(state))
    newest = NEVER if known is None else max(known.id_of, known.email_of, known.phone_of)
    wanted = hubs if newest[0] > now - FRESH_MS else set()
    words: dict[Word, str] = {}
    if service and message.channel == "email":
        words["email"] = address_of(state, "email", message.about)
    elif service and message.channel == "sms":
        words["phone"] = address_of(state, "phone", message.about)
    wanted = wanted | (set(hubs_of_words(state.shop, words)) - hubs)
    found = [await people.state_of(redis, state.shop, hub, partitions) for hub in sorted(wanted)]
    return [hub for hub in found if hub is not None]


async def _below(redis: Client, message: Message, facts: Facts) -> Asked:
    """Decide, and what may go takes a place below its channel's ceiling; what may not has none."""
    verdict = decide(facts)
    shop, channel = message.shop, message.channel
    if not is_limited(channel):
        return Asked(facts, verdict)
    if verdict.outcome != "send":
        await ceilings.give_back(redis, shop, channel, message.id)
    elif most := facts.ceiling:
        insists, now = facts.service, facts.now
        room_at = await ceilings.take(redis, shop, channel, message.id, most=most, insists=insists, now=now)
        if room_at:
            facts = structs.replace(facts, room_at=max(room_at, facts.now + ROOM_MS))
            verdict = decide(facts)
    return Asked(facts, verdict)


def shown(state: VisitorState) -> Touches:
    """What interrupted this browser's visitor on the page."""
    return tuple(Touch(at, f"{src}.{n}", "shown") for at, src, n in state.shown)


async def share(redis: Client, state: VisitorState, *, partitions: int, now: int) -> None:
    """What one of the person's names knows, all of them know: asked for when a browser gets another name, or
    has seen something and has more than one. What does not get through here is shared by the next message.
    Raises RedisError.
    """
    for _ in range(TRIES):
        looked = await attention.look(redis, state.shop, names_limited(state), partitions)
        if await attention.spend(redis, looked, kept((*looked.touches, *shown(state)), now=now)):
            return


async def give_back(redis: Client, state: VisitorState, message: Message, *, partitions: int) -> None:
    """It was let through and did not leave after all, for a reason found only then. Raises RedisError."""
    if is_limited(message.channel):
        await ceilings.give_back(redis, message.shop, message.channel, message.id)
    await _give_back(redis, state.shop, names_limited(state), partitions, message.id, ())


async def _give_back(
    redis: Client, shop: str, names: tuple[str, ...], partitions: int, message: str, mine: Touches
) -> None:
    """Undo what was spent under some names before another refused. Left undone it only makes waits longer."""
    for _ in range(TRIES):
        looked = await attention.look(redis, shop, names, partitions)
        if await attention.spend(
            redis, looked, tuple(sorted((*without_message(looked.touches, message), *mine)))
        ):
            return
