"""What keeps a live journey from doing what it says in this shop, and which two would both write. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.journey import AudienceStep, Journey, Send, all_steps
from heimta.rules.surveys import mailed

# The part of a shop's document that each channel goes by.
_NEEDS = {"push": "push", "email": "email", "sms": "sms", "messenger": "facebook", "webhook": "hook"}
# Triggers that one shopper meets on one way out: two journeys about the same would both come after them.
_LEFT = frozenset({"cart_abandoned", "checkout_abandoned", "browse_abandoned"})


def journey_warnings(
    journey: Journey, shop: ShopDoc, others: Collection[Journey], campaigns: Collection[Campaign] = ()
) -> Iterator[str]:
    """others: of the shop, as campaigns; those that are not live, and the journey itself, do not matter."""
    if not journey.live:
        return
    where = f"journey {journey.id!r}"
    for step in all_steps(journey.steps):
        if isinstance(step, Send) and getattr(shop, _NEEDS[step.channel]) is None:
            needed = _NEEDS[step.channel]
            yield f"{where}, step {step.id!r}: the shop's document has no `{needed}`, so nothing can go out"
        if isinstance(step, Send) and step.survey and not _asks(step.survey, campaigns):
            yield (
                f"{where}, step {step.id!r}: the shop has no survey {step.survey!r}, so nothing can go out; "
                f"apply a campaign of that id with the widget `survey` (`heimta template recommend` is one)"
            )
        if isinstance(step, AudienceStep) and step.audience not in shop.ad_audiences:
            yield f"{where}, step {step.id!r}: the shop has no ad audience {step.audience!r} (ad_audiences)"
    if journey.service or journey.begins.on not in _LEFT:
        return
    for other in others:
        is_twin = other.topic == journey.topic and other.priority == journey.priority
        if other.id != journey.id and other.live and other.begins.on in _LEFT and is_twin:
            yield (
                f"{where} and {other.id!r} are both about {journey.topic!r} with priority "
                f"{journey.priority}: a shopper may get both. Give the more important one a larger priority"
            )


def _asks(survey: str, campaigns: Collection[Campaign]) -> bool:
    return any(campaign.id == survey and mailed(campaign) is not None for campaign in campaigns)
