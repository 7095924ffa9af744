"""Documents of a shop: the shop itself, its campaigns and its journeys; with versions.

A change writes the document with the next version number and raises the shop's revision in one step;
edges and workers poll the revision (one GET) and read all documents when it has moved.

A journey that is replaced is kept: who began it goes on by the version they began with. Of a campaign the
arms that were taken out are kept for some days: a page that is open shows them still.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from heimta.model.campaign import Campaign
from heimta.model.documents import AnyDocument, ShopDoc
from heimta.model.journey import Journey
from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import Script

D = TypeVar("D", ShopDoc, Campaign, Journey)


class Stored(msgspec.Struct, frozen=True):
    """A document with what the store adds: its version, and when it was written (ms).

    gone: arms of a campaign that were taken out lately, and when (ms). first_currency: of a shop, the one it
    had before it first changed it; '' as long as it never did.
    """

    document: AnyDocument
    version: int
    at: int
    gone: dict[str, int] = {}
    first_currency: str = ""


class Documents(msgspec.Struct, frozen=True):
    """All documents of one shop at one revision. first_currency: as Stored has it. unread: what keeps
    others of it from being read.
    """

    revision: int
    shop: ShopDoc
    campaigns: dict[str, Stored]
    journeys: dict[str, Stored]
    older: dict[tuple[str, int], Journey] = {}  # those that were replaced, by journey and version
    replaced: dict[tuple[str, int], int] = {}  # when each of them was, ms
    first_currency: str = ""
    unread: tuple[Unread, ...] = ()

    @property
    def held(self) -> frozenset[str]:
        """Journeys of which a version cannot be read: nobody goes on in them, and nobody leaves."""
        return frozenset(fault.name for fault in self.unread if fault.kind == "journey")

    def campaign(self, campaign_id: str) -> Campaign | None:
        stored = self.campaigns.get(campaign_id)
        return stored.document if stored and isinstance(stored.document, Campaign) else None

    def journey(self, journey_id: str) -> Journey | None:
        stored = self.journeys.get(journey_id)
        return stored.document if stored and isinstance(stored.document, Journey) else None


class _Numbered(msgspec.Struct):
    """What every Heimta has in what it stores: of a shop, perhaps, which money was counted under its name."""

    version: int
    document: Any = None
    first_currency: Any = ""


class Unread(msgspec.MsgspecError):
    """A document is stored as this Heimta does not read it; a newer one may have written it.

    fault: which, and what is wrong with it. str() has the way out, too. kind, name: of the document.
    """

    def __init__(self, place: str, shop: str, why: str, *, replaced: int = 0) -> None:
        """place: `journey:cart`. replaced: the version, of one that is not the newest; else 0."""
        self.kind, _, self.name = place.partition(":")
        which = f"version {replaced} of {self.kind}" if replaced else self.kind
        self.which = f"{which} {self.name!r}{'' if self.kind == 'shop' else f' of shop {shop!r}'}"
        self.why = why
        self.fault = f"{self.which}: {why}"
        self.way_out = (
            "if a newer Heimta wrote it, run that one, install this document anew with `heimta apply FILE`, "
            "or restore the backup that came before it; what is damaged goes with "
            f"`heimta remove {shop} {place}`"
        )
        super().__init__(f"{self.fault}; {self.way_out}")


_encode = msgspec.json.Encoder().encode
_stored = msgspec.json.Decoder(Stored).decode
_numbered = msgspec.json.Decoder(_Numbered).decode


def read_stored(raw: bytes | str, place: str, shop: str, *, replaced: int = 0) -> Stored:
    """Raises Unread."""
    try:
        return _stored(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unread(place, shop, str(error), replaced=replaced) from None


GONE = "gone"  # the draft that went last, beside the older versions: their names have a colon
# Versions of a journey that are kept besides the newest. A shopper whose version is older leaves it.
KEEP_OLDER = 50
KEEP_ARMS_MS = 7 * 24 * 3600 * 1000  # a tab is open for so long at most, as good as always

# KEYS documents, revision, older versions · ARGV name, the document as it was read ('' for none), the new
# one, what the one that was read is kept under ('' for nowhere), which one is forgotten for it.
# Answers 1, or 0 when it is not what was read: nothing was written then.
_REPLACE = Script("""
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[4], ARGV[2])
  redis.call('HDEL', KEYS[3], ARGV[5])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('INCR', KEYS[2])
return 1
""")


def _kind(document: AnyDocument) -> str:
    return {ShopDoc: "shop", Campaign: "campaign", Journey: "journey"}[type(document)]


def name_of(document: AnyDocument) -> str:
    """Among all of the shop's."""
    return f"{_kind(document)}:{document.id}"


def _shop(document: AnyDocument) -> str:
    return document.id if isinstance(document, ShopDoc) else document.shop


async def shops(redis: Client) -> list[str]:
    """Ids of all shops, sorted; those included that have no document yet."""
    return sorted(text(member) for member in await redis.smembers(keys.SHOPS))


async def put(redis: Client, document: AnyDocument, *, now: int) -> int:
    """Install a document, also in place of one that cannot be read. Returns its version; an unchanged
    document keeps its version.
    """
    shop, name = _shop(document), name_of(document)
    if isinstance(document, Journey):
        await _forget_unread(redis, shop, document.id)
    while True:
        old = await redis.hget(keys.documents(shop), name)
        version = await _replace(redis, shop, name, old, document, now=now)
        if version:
            await redis.sadd(keys.SHOPS, shop)
            return version


async def _replace(
    redis: Client, shop: str, name: str, old: bytes | str | None, document: AnyDocument, *, now: int
) -> int:
    """The version, or 0 when it is not `old` (as it was read, None for nothing) that it would replace.

    One that cannot be read is not kept, since it would hold up who is in it for good. Whoever began with it
    leaves the journey. Raises Unread for one without a version, which no Heimta wrote.
    """
    version, kept, forgotten, gone, first = 1, "", "", {}, ""
    if old is not None:
        try:
            stored = read_stored(old, name, shop)
            if stored.document == document:
                return stored.version
            before, is_kept = stored.version, isinstance(document, Journey)
            gone = _gone_arms(stored, document, now)
            first = _first_currency(stored.first_currency, stored.document, document)
        except Unread as fault:
            numbered = _made_out(old, fault)
            before, is_kept = numbered.version, False
            first = _first_currency(numbered.first_currency, numbered.document, document)
        version = before + 1
        if is_kept:
            kept = f"{document.id}:{before}"
            forgotten = f"{document.id}:{before - KEEP_OLDER}"
    new = _encode(Stored(document, version, now, gone, first))
    mine = await _REPLACE(
        redis,
        [keys.documents(shop), keys.revision(shop), keys.older(shop)],
        [name, old or b"", new, kept, forgotten],
    )
    return version if mine else 0


def _gone_arms(stored: Stored, document: AnyDocument, now: int) -> dict[str, int]:
    """What a campaign in place of the stored one shows no more, but open pages and late events tell of."""
    if not (isinstance(document, Campaign) and isinstance(stored.document, Campaign)):
        return {}
    gone = {variant.id: now for variant in stored.document.variants}
    gone |= {arm: at for arm, at in stored.gone.items() if at > now - KEEP_ARMS_MS}
    return {arm: at for arm, at in gone.items() if arm not in {variant.id for variant in document.variants}}


def _first_currency(first: object, replaced: object, document: AnyDocument) -> str:
    """first: as Stored has it. replaced: the document, or its fields as they are where it cannot be read."""
    if not isinstance(document, ShopDoc):
        return ""
    had = replaced.get("currency") if isinstance(replaced, dict) else getattr(replaced, "currency", "")
    known = [first, had if had != document.currency else ""]
    return next((currency for currency in known if isinstance(currency, str) and currency), "")


async def _forget_unread(redis: Client, shop: str, journey_id: str) -> list[str]:
    """Replaced versions of a journey that cannot be read: they hold up whoever is in it. Returns which."""
    gone = []
    for name, raw in (await redis.hgetall(keys.older(shop))).items():
        if text(name).startswith(f"{journey_id}:"):
            number = text(name).rpartition(":")[2]
            try:
                read_stored(raw, f"journey:{journey_id}", shop, replaced=int(number))
            except Unread as fault:
                if await redis.hdel(keys.older(shop), text(name)):
                    gone.append(fault.fault)
    return gone


def _made_out(raw: bytes | str, fault: Unread) -> _Numbered:
    """Of a document that cannot be read."""
    try:
        return _numbered(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise fault from None


async def set_live(redis: Client, shop: str, kind: str, name: str, live: bool, *, now: int) -> int:
    """Switch a campaign or journey on or off. Returns the new version; KeyError if there is none such."""
    while True:
        raw = await redis.hget(keys.documents(shop), f"{kind}:{name}")
        if raw is None:
            raise KeyError(f"{kind} {name!r} of shop {shop!r}")
        document = read_stored(raw, f"{kind}:{name}", shop).document
        if isinstance(document, ShopDoc):
            raise KeyError("a shop cannot be switched on or off")
        # In place of what was read: one that was applied in between is read again, and switched.
        switched = msgspec.structs.replace(document, live=live)
        version = await _replace(redis, shop, f"{kind}:{name}", raw, switched, now=now)
        if version:
            return version


async def change_shop(
    redis: Client, shop: str, change: Callable[[ShopDoc], ShopDoc | None], *, now: int
) -> ShopDoc | None:
    """Put what `change` makes of the shop's document in its place. `change` is asked again when somebody else
    was faster, so nothing of theirs is lost. Returns what was replaced, None if `change` would not have it;
    KeyError if there is no such shop.
    """
    name = f"shop:{shop}"
    while True:
        raw = await redis.hget(keys.documents(shop), name)
        document = None if raw is None else read_stored(raw, name, shop).document
        if not isinstance(document, ShopDoc):
            raise KeyError(f"shop {shop!r}")
        changed = change(document)
        if changed is None:
            return None
        if await _replace(redis, shop, name, raw, changed, now=now):
            return document


async def add(redis: Client, document: AnyDocument, *, now: int) -> bool:
    """Install a document under a name that is free; False when it is not."""
    return bool(await _replace(redis, _shop(document), name_of(document), None, document, now=now))


async def shop_names(redis: Client, shops: list[str]) -> dict[str, str]:
    """What these shops are called, in their order, without those that have no document yet. One whose
    document cannot be read is called by its id.
    """
    async with redis.pipeline(transaction=False) as pipe:
        for shop in shops:
            pipe.hget(keys.documents(shop), f"shop:{shop}")
        rows = await pipe.execute()
    found = {}
    for shop, raw in zip(shops, rows, strict=True):
        if raw is not None:
            try:
                document = read_stored(raw, f"shop:{shop}", shop).document
            except Unread:
                document = None
            found[shop] = document.name if isinstance(document, ShopDoc) else shop
    return found


async def revision(redis: Client, shop: str) -> int:
    """0 for a shop that does not exist."""
    return int(await redis.get(keys.revision(shop)) or 0)


async def read(redis: Client, shop: str) -> Documents | None:
    """All documents of a shop, or None when it has no shop document. Raises Unread."""
    known, unread = await read_some(redis, shop)
    if unread:
        raise unread[0]
    return known


async def read_some(redis: Client, shop: str) -> tuple[Documents | None, list[Unread]]:
    """Those that can be read, and what keeps the others from it."""
    number = await revision(redis, shop)
    stored: dict[str, Stored] = {}
    unread: list[Unread] = []
    for field, value in sorted((await redis.hgetall(keys.documents(shop))).items()):
        try:
            stored[text(field)] = read_stored(value, text(field), shop)
        except Unread as fault:
            unread.append(fault)
    own = stored.get(f"shop:{shop}")
    if own is None or not isinstance(own.document, ShopDoc):
        return None, unread
    journeys = {s.document.id: s for s in stored.values() if isinstance(s.document, Journey)}
    older, replaced = await _older(redis, shop, journeys, unread) if journeys else ({}, {})
    known = Documents(
        revision=number,
        shop=own.document,
        campaigns={s.document.id: s for s in stored.values() if isinstance(s.document, Campaign)},
        journeys=journeys,
        older=older,
        replaced=replaced,
        first_currency=own.first_currency,
        unread=tuple(unread),
    )
    return known, unread


async def read_rest(redis: Client, shop: str) -> Documents | None:
    """Those that can be read, with `unread` and `held`, or None when there is no shop document. Raises Unread
    where that is what cannot be read.
    """
    known, unread = await read_some(redis, shop)
    if known is None and unread:
        raise unread[0]
    return known


async def remove_unread(redis: Client, shop: str, place: str) -> list[str]:
    """Delete the document at `place`, `journey:cart`, and its replaced versions, as far as they cannot be
    read. Returns what went, in words.
    """
    gone = []
    kind, _, name = place.partition(":")
    raw = await redis.hget(keys.documents(shop), place)
    try:
        if raw is not None:
            read_stored(raw, place, shop)
    except Unread as fault:
        if await redis.hdel(keys.documents(shop), place):
            gone.append(fault.fault)
    if kind == "journey":
        gone += await _forget_unread(redis, shop, name)
    if gone:
        await redis.incr(keys.revision(shop))
    return gone


async def _older(
    redis: Client, shop: str, journeys: dict[str, Stored], unread: list[Unread]
) -> tuple[dict[tuple[str, int], Journey], dict[tuple[str, int], int]]:
    """The replaced versions of journeys that there are, and when each was. Whether it is on is not a
    version's to say; but switching it off ended it for everyone inside, and switching it on again begins it
    for nobody of them. unread: takes what cannot be read.
    """
    written = {(name, stored.version): stored.at for name, stored in journeys.items()}
    replaced: dict[tuple[str, int], Journey] = {}
    off: dict[str, int] = {}  # by journey: the newest version that was off
    for name, value in (await redis.hgetall(keys.older(shop))).items():
        if text(name) == GONE:
            continue
        journey_id, _, number = text(name).rpartition(":")
        try:
            stored = read_stored(value, f"journey:{journey_id}", shop, replaced=int(number))
        except Unread as fault:
            unread.append(fault)
            continue
        if stored.document.id not in journeys or not isinstance(stored.document, Journey):
            continue
        replaced[(stored.document.id, stored.version)] = stored.document
        written[(stored.document.id, stored.version)] = stored.at
        if not stored.document.live:
            off[stored.document.id] = max(off.get(stored.document.id, 0), stored.version)
    kept: dict[tuple[str, int], Journey] = {}
    for (journey_id, version), journey in replaced.items():
        newest = journeys[journey_id].document
        live = isinstance(newest, Journey) and newest.live and version > off.get(journey_id, 0)
        kept[(journey_id, version)] = msgspec.structs.replace(journey, live=live)
    return kept, {place: written.get((place[0], place[1] + 1), 0) for place in kept}
