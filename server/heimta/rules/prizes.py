"""Which prize of a campaign a visitor wins: dealt, not drawn, so that the odds are true and a second try is
no other.

The same deal as an arm's (rules/bucket.py), with a salt of its own: it neither knows nor tells the visitor's
arm. It is made at the claim, on the server; the wheel in the browser only shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from heimta.model.campaign import Campaign, Offer, Prize
from heimta.rules.bucket import deal


def deal_prize(prizes: Sequence[Prize], campaign: str, visitor: str) -> int:
    """Index of the visitor's prize. Each comes as often as its odds say (to a ten-thousandth)."""
    index, _ = deal(f"{campaign}:prize", visitor, 0, [prize.odds for prize in prizes])
    return index


def offer_for(campaign: Campaign, visitor: str) -> Offer | None:
    """What the visitor gets for accepting: the campaign's offer, or the prize that is theirs."""
    if campaign.prizes:
        return campaign.prizes[deal_prize(campaign.prizes, campaign.id, visitor)].offer
    return campaign.offer


def find_prize(campaign: Campaign, kind: str, value: int) -> int:
    """Index of the slice that shows this coupon, -1 for none: it may be from before the prizes changed."""
    worth = [(prize.offer.kind, prize.offer.value) for prize in campaign.prizes]
    return worth.index((kind, value)) if (kind, value) in worth else -1  # type: ignore[arg-type]
