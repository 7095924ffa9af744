"""Offers: which there are, by the names of their ledgers, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from heimta.model.campaign import Campaign, Offer
from heimta.model.coupon import Ledger, cost_of, pool_of
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send, all_steps


class Offered(Struct, frozen=True):
    """source: as ledgers name it (store/coupons.py, worker/send.py). part: of a wheel `prize 1`, of a journey
    the step.
    """

    source: str
    offer: Offer
    name: str
    part: str
    live: bool


def offers_of(campaigns: Iterable[Campaign], journeys: Iterable[Journey]) -> Iterator[Offered]:
    for campaign in campaigns:
        if campaign.offer is not None:
            yield Offered(f"c.{campaign.id}", campaign.offer, campaign.name, "", campaign.live)
        for n, prize in enumerate(campaign.prizes):
            part = f"prize {n + 1}"
            yield Offered(f"c.{campaign.id}.{n}", prize.offer, campaign.name, part, campaign.live)
    for journey in journeys:
        for step in all_steps(journey.steps):
            if isinstance(step, Send) and step.coupon is not None:
                source = f"j.{journey.id}.{step.id}"
                yield Offered(source, step.coupon, journey.name, step.id, journey.live)


def are_made(offer: Offer, shop: ShopDoc) -> bool:
    """Whether more codes come when none is left: at the shop, in seconds mostly (worker/mint.py)."""
    return offer.at_shop and shop.shop_api is not None


def ledgers_now(
    shop: str, offered: Iterable[Offered], kept: Iterable[Ledger], pools: Mapping[str, int]
) -> dict[str, Ledger]:
    """Each offer's ledger by its source, with the ceilings of its document: what the store keeps are those of
    the last hand-out, and whoever raised one must not wait for the next to be believed. pools: as
    offer_warnings has them.
    """
    by_source = {each.source: each for each in kept}
    found = {}
    for each in offered:
        pool = pool_of(each.offer, each.source)
        found[each.source] = msgspec.structs.replace(
            by_source.get(each.source) or Ledger(shop, each.source),
            most=each.offer.max_coupons or 0,
            budget_minor=each.offer.budget_minor or 0,
            pool=pool,
            left=pools.get(pool, 0) if pool else None,
            next_minor=cost_of(each.offer, 0),
        )
    return found


def offer_warnings(shop: ShopDoc, offered: Iterable[Offered], pools: Mapping[str, int]) -> Iterator[str]:
    """What keeps an offer from giving anybody a code. pools: how many codes each has left."""
    for each in offered:
        pool, name = each.offer.pool, f"{each.name}, {each.part}" if each.part else each.name
        if pool and not pools.get(pool):
            way = f"`heimta coupons import {shop.id} {pool} FILE`"
            yield f"the offer of {name!r} takes its codes from pool {pool!r}, which has none: {way}"
        if each.offer.at_shop and shop.shop_api is None:
            way = "docs/coupons.md shows `shop_api`"
            yield f"the offer of {name!r} has its codes made at the shop, whose document has no API: {way}"


def offer_faults(offer: Offer, where: str) -> list[str]:
    """What a type cannot say. Each fault names the field, the value and the rule."""
    faults = []
    if offer.kind == "percent" and not 1 <= offer.value <= 100:
        faults.append(f"{where}.value is {offer.value}; a percent offer needs 1 to 100")
    if offer.kind == "amount" and offer.value < 1:
        faults.append(f"{where}.value is 0; an amount offer needs minor units, for example 500 for 5.00")
    if offer.kind == "free_shipping" and offer.value < 1 and offer.budget_minor is not None:
        rule = "with a budget it is what shipping costs you, in minor units, for example 490 for 4.90"
        faults.append(f"{where}.value is 0; {rule}")
    if offer.pool and offer.at_shop:
        rule = "codes are either imported or made at the shop, leave one out"
        faults.append(f"{where} has pool {offer.pool!r} and at_shop; {rule}")
    if offer.pool and offer.prefix:
        faults.append(
            f"{where}.prefix is {offer.prefix!r}; imported codes stay as they are, leave prefix or pool out"
        )
    if offer.budget_minor is not None and offer.kind == "amount" and offer.budget_minor < offer.value:
        rule = f"one coupon costs {offer.value}, so none could be handed out"
        faults.append(f"{where}.budget_minor is {offer.budget_minor}; {rule}")
    return faults
