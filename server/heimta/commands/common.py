"""What the commands share: the faults a person can mend, the settings, a connection for one piece of work."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from msgspec import to_builtins

from heimta.journeys.enter import journey_salt
from heimta.launch.valkey import running
from heimta.model.campaign import Campaign
from heimta.model.coupon import Ledger
from heimta.model.currency import counted_in
from heimta.model.documents import AnyDocument, ShopDoc
from heimta.model.ids import WHOSE_PATTERN
from heimta.model.journey import Journey
from heimta.rules.addresses import path_clashes, shared_origins
from heimta.rules.conditions import warnings
from heimta.rules.coupons import ledgers_now, offer_warnings, offers_of
from heimta.rules.journey_warnings import journey_warnings
from heimta.rules.surveys import rescaled
from heimta.rules.themes import campaign_faults
from heimta.settings import Settings, load
from heimta.stats.lift import is_skewed, pool
from heimta.store import answers, documents, ledgers, partitions, rollups, secrets
from heimta.store.connect import Client, connect
from heimta.store.documents import Documents

T = TypeVar("T")

NO_STORE = (
    "start `heimta serve` (or `heimta demo`) first; where it runs, be its user, with HEIMTA_DATA or "
    "HEIMTA_REDIS_URL as it has them"
)


class CommandError(Exception):
    """What went wrong, for the person at the terminal."""


def none_on(settings: Settings) -> str:
    """Where no store was found, in words."""
    folder = settings.data.absolute()
    return f"HEIMTA_REDIS_URL is not set, and this user reaches none on {folder} (HEIMTA_DATA)"


def find_store() -> tuple[Settings, str]:
    """Settings, and where the store is: HEIMTA_REDIS_URL, or the embedded one that another command runs."""
    settings = load(os.environ)
    url = settings.redis_url or running(settings.data)
    if url is None:
        raise CommandError(f"no store: {none_on(settings)}; {NO_STORE}")
    return settings, url


async def documents_of(redis: Client, shop: str, name: str = "", *, whole: bool = False) -> Documents:
    """Those of a shop that has some. Raises CommandError or Unread, with what to do about it. name: of the
    one that is asked for. What else cannot be read is told, and in nobody's way. whole: without a name, all
    are asked for.
    """
    known, unread = await documents.read_some(redis, shop)
    is_there = name and known is not None and (known.campaign(name) or known.journey(name))
    if unread and not is_there and (known is None or whole or name):
        raise next((fault for fault in unread if fault.name == name), unread[0])
    for fault in unread if not whole else ():
        print(f"heimta: {fault}", file=sys.stderr)
    if known is None and await secrets.read(redis, shop) is not None:
        raise CommandError(f"shop {shop!r} is made and has no document yet; `heimta apply FILE` installs it")
    if known is None:
        raise CommandError(
            f"there is no shop {shop!r}; `heimta shop list` names them, `heimta shop create` makes one"
        )
    return known


def visitor_of(word: str, shop: str) -> str:
    """A visitor's id as it was typed. Raises CommandError for an address or number, which finds others."""
    if re.match(WHOSE_PATTERN, word):
        return word
    by = "--email" if "@" in word else "--phone" if re.fullmatch(r"\+?[0-9 ()./-]{6,}", word) else "--id"
    raise CommandError(
        f"{word!r} is no visitor's id, which is the 22 characters of the cookie heimta_v; "
        f"`heimta person {shop} {by} {shlex.quote(word)}` names the visitors of a person"
    )


async def refuse_unknown(redis: Client, shop: str) -> None:
    """Raise CommandError for a shop that nobody made: of a misspelt one nothing is known either."""
    if shop not in await documents.shops(redis) and await secrets.read(redis, shop) is None:
        raise CommandError(
            f"there is no shop {shop!r}; `heimta shop list` names them, `heimta shop create` makes one"
        )


def with_redis(url: str, work: Callable[[Client], Awaitable[T]]) -> T:
    """Do one piece of work on a connection of its own."""

    async def run() -> T:
        redis = connect(url)
        try:
            return await work(redis)
        finally:
            await redis.aclose()

    return asyncio.run(run())


def with_store(work: Callable[[Client, Settings], Awaitable[T]]) -> T:
    """The same on a store that is whole, and has as many partitions as the settings say."""
    settings, url = find_store()

    async def run(redis: Client) -> T:
        await partitions.settle(redis, settings.partitions)
        return await work(redis, settings)

    return with_redis(url, run)


async def lacks_of(redis: Client, shop: str) -> list[str]:
    """What keeps a shop from being served, in words."""
    known, unread = await documents.read_some(redis, shop)
    if known is None and not unread:
        return [f"{shop} has no document yet; `heimta apply FILE` installs it"]
    return [str(fault) for fault in unread]


async def _read(redis: Client, shop: str) -> Documents | None:
    """What can be read of a shop: `heimta apply` has to be able to replace what cannot."""
    return (await documents.read_some(redis, shop))[0]


async def unread_of(redis: Client, new: list[AnyDocument]) -> list[str]:
    """What else of the shops of new documents cannot be read, so that they are not served by this Heimta."""
    names = sorted({getattr(each, "shop", each.id) for each in new})
    return [str(fault) for name in names for fault in (await documents.read_some(redis, name))[1]]


async def clashes_with(redis: Client, new: list[AnyDocument]) -> list[str]:
    """What is wrong with new documents beside those that are there."""
    return _twice(new) + await _paths(redis, new) + await _themes(redis, new) + await _scales(redis, new)


def _twice(new: list[AnyDocument]) -> list[str]:
    """Of two with one name only the second would stay."""
    named = ((each.__struct_config__.tag, each.id, getattr(each, "shop", each.id)) for each in new)
    return [
        f"{kind} {name!r}{'' if kind == 'shop' else f' of shop {shop!r}'} is there {times} times; "
        "give each an id of its own"
        for (kind, name, shop), times in Counter(named).items()
        if times > 1
    ]


async def warnings_of(redis: Client, new: list[AnyDocument], *, now: int) -> list[str]:
    """What is no fault in new documents, and yet keeps them from what they say. After they were installed."""
    found = await unread_of(redis, new)
    for campaign in (document for document in new if isinstance(document, Campaign)):
        known = await _read(redis, campaign.shop)
        if known is not None:
            found += warnings(campaign, known.shop, now)
    for journey in (document for document in new if isinstance(document, Journey)):
        known = await _read(redis, journey.shop)
        if known is not None:
            there = [one for name in known.journeys if (one := known.journey(name)) is not None]
            asking = [known.campaign(name) for name in known.campaigns]
            found += journey_warnings(journey, known.shop, there, [x for x in asking if x is not None])
    return found + await _without_codes(redis, new) + await _origins(redis, new) + await _shares(redis, new)


async def other_money(redis: Client, new: list[AnyDocument]) -> list[str]:
    """Shops whose currency is to be another one, and what of theirs has sums as they were: those would be
    read in the new one's minor units. Before they are installed.
    """
    found = []
    for shop in (document for document in new if isinstance(document, ShopDoc)):
        known = await _read(redis, shop.id)
        if known is None or known.shop.currency == shop.currency:
            continue
        mine = {documents.name_of(each) for each in new if getattr(each, "shop", "") == shop.id}
        there = [stored.document for stored in (*known.campaigns.values(), *known.journeys.values())]
        left = [one for one in there if documents.name_of(one) not in mine and _has_sums(to_builtins(one))]
        if left:
            names = ", ".join(f"{one.__struct_config__.tag} {one.id!r}" for one in left)
            found.append(
                f"shop {shop.id!r}: currency was {known.shop.currency} and is {shop.currency} now, and sums "
                f"stand as they were in {names}: apply them anew, in minor units of {shop.currency}"
            )
    return found


def _has_sums(plain: Any) -> bool:
    if isinstance(plain, list):
        return any(map(_has_sums, plain))
    if not isinstance(plain, dict):
        return False
    is_sum = plain.get("kind") in ("amount", "free_shipping") and plain.get("value")
    sums = [value for name, value in plain.items() if name.endswith("_minor") and value]
    return bool(is_sum or sums) or any(map(_has_sums, plain.values()))


async def _shares(redis: Client, new: list[AnyDocument]) -> list[str]:
    """Holdouts that are another part of all than of those who were dealt before: figures would be mixed."""
    found, kept = [], await partitions.kept(redis)
    for document in new:
        if isinstance(document, ShopDoc):
            continue
        is_journey = isinstance(document, Journey)
        share = document.holdout if isinstance(document, Journey) else document.holdout_pct
        name = journey_salt(document.id) if is_journey else document.id
        if (known := await _read(redis, document.shop)) is not None:
            name = counted_in(name, known.shop.currency, known.first_currency)
        seen, held = pool(await rollups.arm_sums(redis, document.shop, name, kept))
        if is_skewed(seen.n, held.n, share / 100):
            found.append(
                f"{'journey' if is_journey else 'campaign'} {document.id!r}: holdout_pct is {share}, but "
                f"{held.n:,} of {seen.n + held.n:,} shoppers were held out: what it earned is not told any "
                "more, since figures before and after do not mix; give it another `id`, or the holdout it had"
            )
    return found


async def _origins(redis: Client, new: list[AnyDocument]) -> list[str]:
    """The origins of new shop documents beside those of all the shops that are there."""
    chosen = [document for document in new if isinstance(document, ShopDoc)]
    return shared_origins(chosen, (await _shops(redis)).values()) if chosen else []


async def _shops(redis: Client) -> dict[str, ShopDoc]:
    """Every shop that has a document, by its id."""
    known = {shop: await _read(redis, shop) for shop in await documents.shops(redis)}
    return {shop: found.shop for shop, found in known.items() if found is not None}


async def _without_codes(redis: Client, new: list[AnyDocument]) -> list[str]:
    """Offers that nobody can get a code of, since there is nowhere to take one from."""
    found: list[str] = []
    campaigns = [x for x in new if isinstance(x, Campaign)]
    journeys = [x for x in new if isinstance(x, Journey)]
    for name in sorted({x.shop for x in campaigns} | {x.shop for x in journeys}):
        known = await _read(redis, name)
        offered = offers_of([x for x in campaigns if x.shop == name], [x for x in journeys if x.shop == name])
        if known is not None:
            found += offer_warnings(known.shop, offered, await ledgers.pools(redis, name))
    return found


def plain(words: str) -> str:
    """For a terminal: what strangers wrote neither moves its cursor nor begins a line of its own."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


async def live_ledgers(redis: Client, shop: str) -> list[Ledger]:
    """Those of offers that are live, with the ceilings of their documents."""
    return [ledger for ledger, live in await offer_ledgers(redis, shop) if live]


async def offer_ledgers(redis: Client, shop: str) -> list[tuple[Ledger, bool]]:
    """Of all offers that can be read, with the ceilings of their documents, and whether each is live."""
    known = await documents.read_rest(redis, shop)
    if known is None:
        return []
    campaigns = [x for name in known.campaigns if (x := known.campaign(name)) is not None]
    journeys = [one for name in known.journeys if (one := known.journey(name)) is not None]
    offered = list(offers_of(campaigns, journeys))
    kept = await ledgers.read(redis, shop, known.shop.currency, known.first_currency)
    pools = await ledgers.pools(redis, shop)
    found = ledgers_now(shop, offered, kept, pools)
    return [(found[each.source], each.live) for each in offered]


async def _themes(redis: Client, new: list[AnyDocument]) -> list[str]:
    """A campaign's own colours are read on its shop's, so a change of either is held against the other."""
    chosen = {x.id: x for x in new if isinstance(x, ShopDoc)}
    mine = [x for x in new if isinstance(x, Campaign)]
    faults = []
    for name in {**chosen, **dict.fromkeys(x.shop for x in mine if x.theme is not None)}:
        known = await _read(redis, name)
        shop = chosen.get(name) or (known.shop if known else None)
        if shop is None:
            continue  # a campaign may come before its shop's document
        there = [known.campaign(each) for each in known.campaigns] if known else []
        campaigns = {x.id: x for x in [*there, *mine] if x is not None and x.shop == name}
        faults += campaign_faults(shop, campaigns.values())
    return faults


async def _scales(redis: Client, new: list[AnyDocument]) -> list[str]:
    """Questions of surveys beside what was answered to them before."""
    faults = []
    for campaign in (document for document in new if isinstance(document, Campaign)):
        known = await _read(redis, campaign.shop)
        before = known.campaign(campaign.id) if known is not None else None
        told = rescaled(before, campaign) if before is not None else []
        kept = await partitions.kept(redis) if told else 0
        if told and await answers.are_there(redis, campaign.shop, campaign.id, kept):
            faults += [f"campaign {campaign.id!r}: {fault}" for fault in told]
    return faults


async def _paths(redis: Client, new: list[AnyDocument]) -> list[str]:
    """The own paths of new shop documents beside those of all the shops that are there."""
    chosen = {document.id: document for document in new if isinstance(document, ShopDoc)}
    if all(shop.own_path is None for shop in chosen.values()):
        return []
    return path_clashes([*(await _shops(redis) | chosen).values()])
