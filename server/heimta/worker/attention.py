"""Fold what claimed a shopper's attention on the page, and what their word to it allows. Pure.

The browser holds its own interruptions apart (snippet/src/stage); here they are only remembered, so that a
message does not come on top of them. Holdouts saw nothing, and a checkout's helpers interrupt nobody.
"""

from __future__ import annotations

from bisect import insort

from heimta.ingest.batch import Event
from heimta.model.campaign import Campaign
from heimta.model.channel import Channel
from heimta.model.contents import CheckoutContent
from heimta.model.event import HOLDOUT, CampaignExposed, VisitorIdentified
from heimta.model.preferences import Proof
from heimta.model.visitor import KEEP_SHOWN, SHOWN_MS, Stamp, VisitorState
from heimta.worker.effects import Effects
from heimta.worker.preferences import hear_zone, settle_consent, told_consent


def met_interruption(
    state: VisitorState, campaign: Campaign, told: CampaignExposed, stamp: Stamp, effects: Effects
) -> None:
    if told.arm == HOLDOUT or not _interrupts(campaign) or stamp in state.shown:
        return
    insort(state.shown, stamp)
    oldest = state.shown[-1][0] - SHOWN_MS
    state.shown = [one for one in state.shown if one[0] > oldest][-KEEP_SHOWN:]
    if state.identity is not None:
        effects.shared.add((state.shop, state.visitor))


def _interrupts(campaign: Campaign) -> bool:
    return not isinstance(campaign.variants[0].content, CheckoutContent)


def hear_address(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    """An address came with a yes to it, or with the shop's word that it may be used."""
    told = event.props
    assert isinstance(told, VisitorIdentified)
    if stamp <= state.withdrawn:
        return
    hear_zone(state, told.tz, stamp)
    addresses: tuple[tuple[Channel, str], ...] = (("email", told.email), ("sms", told.phone))
    for channel in (channel for channel, address in addresses if address):
        if told.consent:
            settle_consent(state, channel, stamp, yes=True, why="given")
            words = f"{told.campaign}.{told.consent_version}: {told.consent}"
            where = event.url.partition("?")[0]
            effects.proofs.append(
                (state.shop, state.visitor, Proof(stamp[0], f"yes {channel}", where, words))
            )
        else:
            told_consent(state, channel, stamp)
    effects.shared.add((state.shop, state.visitor))
