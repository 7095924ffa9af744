"""What is wrong with a popup: blocks that promise what the campaign does not have, or that have no room."""

from __future__ import annotations

from collections import Counter

from heimta.model.campaign import Campaign
from heimta.model.contents.popup import (
    CountdownBlock,
    FieldBlock,
    OfferBlock,
    PopupContent,
    RevealBlock,
)
from heimta.rules.coupons import offer_faults

BARS = frozenset({"bar_top", "bar_bottom"})
IN_BARS = frozenset({"text", "offer", "countdown"})
ONCE = frozenset({"cart", "offer", "countdown", "field", "reveal"})


def tag_of(block: object) -> str:
    return str(type(block).__struct_config__.tag)  # type: ignore[attr-defined]


def prize_faults(campaign: Campaign) -> list[str]:
    """Odds that are shown to shoppers must be whole, and what they can win must be told apart."""
    prizes = campaign.prizes
    if not prizes:
        return []
    faults = [
        fault for n, prize in enumerate(prizes) for fault in offer_faults(prize.offer, f"prizes[{n}].offer")
    ]
    if campaign.offer is not None:
        faults.append("offer and prizes are both given; a campaign has one or the other, leave one out")
    if len(prizes) < 2:
        faults.append("prizes has one prize; a wheel needs two at least, or use offer instead")
    if (total := sum(prize.odds for prize in prizes)) != 100:
        faults.append(f"prizes: the odds add to {total}; make them 100, they are shown to the shopper")
    worth = Counter((prize.offer.kind, prize.offer.value) for prize in prizes)
    faults += [
        f"prizes: {kind} {value} is there {times} times; give each prize once, with its whole odds"
        for (kind, value), times in worth.items()
        if times > 1
    ]
    for variant in campaign.variants:
        content = variant.content
        has_wheel = isinstance(content, PopupContent) and any(
            isinstance(b, RevealBlock) for b in content.blocks
        )
        if not has_wheel:
            faults.append(
                f"variant {variant.id!r}: the campaign has prizes, so it needs the block `reveal`, "
                "which shows the odds"
            )
    return faults


def popup_faults(content: PopupContent, campaign: Campaign) -> list[str]:
    faults = []
    tags = Counter(tag_of(block) for block in content.blocks)
    gives = campaign.offer is not None or bool(campaign.prizes)
    faults += [
        f"blocks: {tag!r} is there {n} times; once is enough"
        for tag, n in tags.items()
        if n > 1 and tag in ONCE
    ]
    if content.layout in BARS and (crowded := sorted(set(tags) - IN_BARS)):
        faults.append(
            f"blocks: {', '.join(crowded)} in a {content.layout}; a bar has room for "
            f"{', '.join(sorted(IN_BARS))}, "
            "use layout: modal, sheet, corner or slide"
        )
    for block in content.blocks:
        if isinstance(block, CountdownBlock) and not gives:
            faults.append(
                "blocks: a countdown counts to the end of a claimed code; give the campaign an offer"
            )
        if isinstance(block, OfferBlock) and campaign.offer is None:
            faults.append(
                "blocks: 'offer' says what the campaign's offer is worth; give the campaign an offer"
            )
        if isinstance(block, RevealBlock) and not campaign.prizes:
            faults.append(
                "blocks: 'reveal' deals the campaign's prizes; give it prizes, with odds that add to 100"
            )
    return faults


def popup_notes(content: PopupContent) -> list[str]:
    """What the merchant should know, though nothing is wrong."""
    return [
        "asks for an address to send the cart to: a journey that begins with `cart_wanted` keeps it "
        "(`heimta template cart-by-mail`); without one, let the popup promise only what you send yourself"
        for block in content.blocks
        if isinstance(block, FieldBlock) and block.wants == "cart"
    ]
