"""What keeps a live journey from doing what it says in this shop, and which two would both write. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.event import PROPS
from heimta.model.journey import AudienceStep, Journey, Send, Word, all_steps, conditions_of
from heimta.rules.surveys import mailed

# The part of a shop's document that each channel goes by.
NEEDS = {"push": "push", "email": "email", "sms": "sms", "messenger": "facebook", "webhook": "hook"}
# Triggers that one shopper meets on one way out: two journeys about the same would both come after them.
_LEFT = frozenset({"cart_abandoned", "checkout_abandoned", "browse_abandoned"})
# What is put in for a {word} of a text, by what the journey begins with (worker/carriers/texts.py).
_CART, _PRODUCT = frozenset({"item", "count"}), frozenset({"item", "sku", "url", "image"})
_FILLED: dict[Word, frozenset[str]] = {
    "cart_abandoned": _CART,
    "checkout_abandoned": _CART,
    "cart_wanted": _CART,
    "browse_abandoned": _PRODUCT,
    "back_in_stock": _PRODUCT | {"price", "currency"},
    "price_dropped": _PRODUCT | {"price", "was", "currency"},
    "ordered": frozenset({"order"}),
    "shipped": frozenset({"order", "tracking"}),
    "delivered": frozenset({"order", "tracking"}),
}
_ORDERS = frozenset({"ordered", "shipped", "delivered"})
# After an order, what not everyone has.
_AT_TIMES = {
    "item": "where the order names its cart",
    "count": "where the order names its cart",
    "tracking": "where the shop tells the parcel's address",
}
NAMED = 2  # so many rivals are named; of more the rest is a number
# Journeys that would all come after one way out: names by topic and priority.
Rivals = Mapping[tuple[str, int], Sequence[str]]
_WORD = re.compile(r"\{([a-z_]{1,20})\}")


def journey_warnings(
    journey: Journey,
    shop: ShopDoc,
    others: Collection[Journey] | Rivals,
    campaigns: Collection[Campaign] = (),
) -> Iterator[str]:
    """others: of the shop, as campaigns; those that are not live, and the journey itself, do not matter. Who
    asks for many of them says it once, by rivals_of.
    """
    if not journey.live:
        return
    where = f"journey {journey.id!r}"
    for step in all_steps(journey.steps):
        if isinstance(step, Send) and getattr(shop, NEEDS[step.channel]) is None:
            needed = NEEDS[step.channel]
            yield f"{where}, step {step.id!r}: the shop's document has no `{needed}`, so nothing can go out"
        if isinstance(step, Send) and step.survey and not _asks(step.survey, campaigns):
            yield (
                f"{where}, step {step.id!r}: the shop has no survey {step.survey!r}, so nothing can go out; "
                f"apply a campaign of that id with the widget `survey` (`heimta template recommend` is one)"
            )
        if isinstance(step, AudienceStep) and step.audience not in shop.ad_audiences:
            yield f"{where}, step {step.id!r}: the shop has no ad audience {step.audience!r} (ad_audiences)"
    yield from (f"{where}, {unfilled}" for unfilled in _unfilled(journey))
    yield from (f"{where}: {unknown}" for unknown in _unknown(journey, campaigns))
    if journey.service or journey.begins.on not in _LEFT:
        return
    rivals = others if isinstance(others, Mapping) else rivals_of(others)
    twins = [name for name in rivals.get((journey.topic, journey.priority), ()) if name != journey.id]
    if not twins:
        return
    named = ", ".join(repr(name) for name in twins[: NAMED - 1])
    last = repr(twins[NAMED - 1]) if len(twins) == NAMED else f"{len(twins) - NAMED + 1} others"
    words = f", {named} and {last} are all" if len(twins) >= NAMED else f" and {named} are both"
    yield (
        f"{where}{words} about {journey.topic!r} with priority {journey.priority}: a shopper may get "
        f"{'several' if len(twins) >= NAMED else 'both'}. Give the more important one a larger priority"
    )


def rivals_of(journeys: Iterable[Journey]) -> Rivals:
    found: dict[tuple[str, int], list[str]] = {}
    for each in journeys:
        if each.live and each.begins.on in _LEFT:
            found.setdefault((each.topic, each.priority), []).append(each.id)
    return found


def _asks(survey: str, campaigns: Collection[Campaign]) -> bool:
    return any(campaign.id == survey and mailed(campaign) is not None for campaign in campaigns)


def _unfilled(journey: Journey) -> Iterator[str]:
    """{words} that shoppers would read as they are written. A webhook's text may have any for its reader."""
    for step in all_steps(journey.steps):
        if not isinstance(step, Send) or step.channel == "webhook":
            continue
        filled = _filled(journey, step)
        texts = [text for text in (step.title, step.body, step.button) if text]
        said = " ".join(
            words for text in texts for words in ([text] if isinstance(text, str) else text.values())
        )
        for word in dict.fromkeys(_WORD.findall(said)):
            if word not in filled:
                known = ", ".join(f"{{{one}}}" for one in sorted(filled)) or "none"
                yield f"step {step.id!r}: nothing is put in for {{{word}}}; what there is here: {known}"
            elif journey.begins.on in _ORDERS and word in _AT_TIMES:
                yield (
                    f"step {step.id!r}: {{{word}}} is put in only {_AT_TIMES[word]}; other shoppers read "
                    "it as it is written"
                )


def _filled(journey: Journey, step: Send) -> frozenset[str]:
    trigger = journey.begins
    filled = _FILLED.get(trigger.on, frozenset())
    if trigger.on == "event" and "name" in PROPS[trigger.event].__struct_fields__:
        filled |= {"item"}
    if trigger.on in _ORDERS and step.channel == "email":  # where the order names its cart
        filled |= _CART
    if step.coupon is not None:
        filled |= {"code"}
    return filled | {"link"} if step.channel == "sms" else filled


def _unknown(journey: Journey, campaigns: Collection[Campaign]) -> Iterator[str]:
    """Campaigns that it asks of and that the shop does not have."""
    for claimed in dict.fromkeys(each.claimed for each in conditions_of(journey)):
        if claimed is not None and not _is_there(claimed, campaigns):
            yield f"claimed is {claimed!r}; the shop has no campaign of that id, so it never holds"
    of, event = journey.begins.of, PROPS.get(journey.begins.event)
    if of and event is not None and "campaign" in event.__struct_fields__ and not _is_there(of, campaigns):
        yield f"trigger.of is {of!r}; the shop has no campaign of that id, so it never begins"


def _is_there(name: str, campaigns: Collection[Campaign]) -> bool:
    return any(campaign.id == name for campaign in campaigns)
