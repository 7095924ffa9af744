"""Coupons: handed out once for each reason there is, redeemed once for ever.

A coupon lives in the partition of its code, the claim (which code it became) in that of its visitor, the note
of it in the wallet of each of the person's names (wallets.py), the count beside the offer's ceilings
(ledgers.py). They cannot be written in one step, so the order is such that a crash between two of them costs
a coupon nobody has, never a second one for somebody: first what may refuse (wallets, ledger), then the
coupon, then the claim. All of it is named by the hand-out's ref, so whoever asks again goes on where it
stopped.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from heimta.model.campaign import Offer
from heimta.model.coupon import Coupon, cost_of, is_code, new_code, pool_of, saved_by
from heimta.model.message import message_id as name_of
from heimta.store import keys, ledgers, wallets
from heimta.store.connect import Client, text
from heimta.store.ledgers import Taking
from heimta.store.script import Script
from heimta.store.wallets import EMPTY, LIMIT, HandOut, Refusal

__all__ = [
    "Coupon",
    "Reason",
    "claimed",
    "find",
    "for_message",
    "forget",
    "hand_out",
    "holder",
    "page_reasons",
    "redeem",
]

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
TRIES = 20  # codes that turn out to be somebody's
ON_PAGE = "page"  # the channel of popups and the like


class Reason(Struct, frozen=True):
    """What a coupon is handed out for. source: the ledger's name. group: what a person's limit counts
    together. claim: the row that says which code it became; ref: the hand-out's name for ever.
    """

    source: str
    group: str
    channel: str
    claim: str
    ref: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Coupon).decode
_KEEP_MS = 30 * DAY_MS  # a used or expired coupon stays readable this long

# KEYS coupon · ARGV the coupon, its ref, names, ms to live. Answers 1 when it is this hand-out's, now or
# before; 0 when it is another's, of which nothing is changed.
_NEW = Script("""
local held = redis.call('HGET', KEYS[1], 'c')
if held and cjson.decode(held).ref ~= ARGV[2] then return 0 end
if not held then redis.call('HSET', KEYS[1], 'c', ARGV[1]) end
redis.call('HSETNX', KEYS[1], 'names', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
""")

# KEYS coupon · ARGV as it was read, as it is to be, ms to live. Answers 0, and does nothing, when it is not
# what was read, or was used.
_PROLONG = Script("""
if redis.call('HGET', KEYS[1], 'c') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[1], 'order') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'c', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3], 'GT')
return 1
""")

# KEYS coupon · ARGV order · answers 1 when that order has it, now or before; 0 when another has it, or it is
# gone.
_REDEEM = Script("""
if redis.call('HEXISTS', KEYS[1], 'c') == 0 then return 0 end
if redis.call('HSETNX', KEYS[1], 'order', ARGV[1]) == 1 then return 1 end
return redis.call('HGET', KEYS[1], 'order') == ARGV[1] and 1 or 0
""")

# KEYS coupon · ARGV more names of whose it is · answers its ref when it was used already, else nothing. One
# that is gone, or nobody's any more, stays so.
_SHARE = Script("""
local held, c = redis.call('HGET', KEYS[1], 'names'), redis.call('HGET', KEYS[1], 'c')
if not held or not c then return '' end
local names = held
for _, name in ipairs(ARGV) do
  if not string.find(' ' .. names .. ' ', ' ' .. name .. ' ', 1, true) then names = names .. ' ' .. name end
end
if names ~= held then redis.call('HSET', KEYS[1], 'names', names) end
return redis.call('HEXISTS', KEYS[1], 'order') == 1 and cjson.decode(c).ref or ''
""")


def _key(shop: str, code: str, partitions: int) -> str:
    """Shops change the capitals of codes (WooCommerce keeps small letters), shoppers do too."""
    code = code.upper()
    return keys.coupon(keys.partition_of(shop, code, partitions), shop, code)


async def find(redis: Client, shop: str, code: str, partitions: int) -> Coupon | None:
    raw = await redis.hgetall(_key(shop, code, partitions)) if is_code(code) else {}
    if b"c" not in raw:
        return None
    return msgspec.structs.replace(_decode(raw[b"c"]), order=text(raw.get(b"order", b"")))


def page_reasons(shop: str, visitor: str, campaign: str, offer: Offer, prize: int | None) -> list[Reason]:
    """For what a popup may hand a visitor coupons, one after the other. prize: of a wheel, its index."""
    source = f"c.{campaign}" if prize is None else f"c.{campaign}.{prize}"
    claims = [campaign, *(f"{campaign}.{n}" for n in range(1, offer.per_person))]
    return [
        Reason(source, f"c.{campaign}", ON_PAGE, claim, name_of(shop, visitor, campaign, claim, "coupon"))
        for claim in claims
    ]


async def for_message(
    redis: Client,
    shop: str,
    names: Sequence[str],
    offer: Offer,
    message_id: str,
    partitions: int,
    *,
    now: int,
    source: str = "messages",
    channel: str = "message",
    cart_minor: int = 0,
    mark: str = "",
) -> Coupon | Refusal:
    """The coupon of a message: the same however often it is asked for; or why this person gets none now.

    A message may have waited for its provider since it was asked for first. A code that we made up and that
    has lost more than half of its time by then gets all of it anew: the shopper has not seen it yet, or is
    told of a later end. One of a pool ends when its shop says.

    names: of the person, the visitor's own first (model/person.py). source: `j.<journey>.<step>`.
    channel: the step's. cart_minor: what is in the cart, for the budget, in the shop's currency.
    mark: of that currency (model/currency.py).
    """
    reason = Reason(source, source, channel, message_id, message_id)
    told = await hand_out(
        redis, shop, names, offer, reason, partitions, now=now, cart_minor=cart_minor, mark=mark
    )
    if not isinstance(told, Coupon):
        return told
    if told.expires_at <= now or told.order:
        return LIMIT
    expires_at = now + offer.expires_min * MINUTE_MS
    if pool_of(offer, source) or told.source != source or 2 * (told.expires_at - now) >= expires_at - now:
        return told
    return await _prolonged(redis, shop, told, names[0], message_id, partitions, now=now, until=expires_at)


async def _prolonged(
    redis: Client,
    shop: str,
    coupon: Coupon,
    visitor: str,
    claim: str,
    partitions: int,
    *,
    now: int,
    until: int,
) -> Coupon:
    """The same coupon, good until then, where nothing speaks against it. What holds it back goes first, so a
    crash leaves it good for less than that.
    """
    key = _key(shop, coupon.code, partitions)
    raw = await redis.hgetall(key)
    if b"c" not in raw:
        return coupon
    longer = msgspec.structs.replace(coupon, expires_at=until)
    if not await ledgers.prolong(redis, shop, coupon.source, coupon.ref, now=now, expires_at=until):
        return coupon
    names = text(raw.get(b"names", b"")).split()
    await wallets.prolong(redis, shop, names, coupon.ref, partitions, now=now, expires_at=until)
    home = keys.partition_of(shop, visitor, partitions)
    await redis.pexpire(keys.claim(home, shop, visitor, claim), until - now, gt=True)
    kept_ms = until - now + _KEEP_MS
    return longer if await _PROLONG(redis, [key], [raw[b"c"], _encode(longer), kept_ms]) else coupon


async def hand_out(
    redis: Client,
    shop: str,
    names: Sequence[str],
    offer: Offer,
    reason: Reason,
    partitions: int,
    *,
    now: int,
    cart_minor: int = 0,
    mark: str = "",
) -> Coupon | Refusal:
    """The coupon of this hand-out, made now or before; or why this person gets none. mark: of the shop's
    currency.

    Races end in one coupon: who comes second gets the first one's.
    """
    held = await claimed(redis, shop, names[0], reason.claim, partitions)
    if held is not None:
        return held
    expires_at = now + offer.expires_min * MINUTE_MS
    noted = _noted(reason, offer, now, expires_at)
    refusal, new = await wallets.note(redis, shop, names, noted, partitions)
    if refusal:
        return refusal
    taking = Taking(
        ref=reason.ref,
        now=now,
        expires_at=expires_at,
        cost_minor=cost_of(offer, cart_minor),
        most=offer.max_coupons or 0,
        budget_minor=offer.budget_minor or 0,
        pool=pool_of(offer, reason.source),
        mark=mark,
    )
    word = EMPTY
    for _ in range(TRIES):
        word, pooled = await ledgers.take(redis, shop, reason.source, taking)
        if word != "ok":
            break
        coupon = Coupon(
            code=pooled or new_code(offer.prefix),
            kind=offer.kind,
            value=offer.value,
            min_cart_minor=offer.min_cart_minor,
            expires_at=expires_at,
            source=reason.source,
            ref=reason.ref,
        )
        kept = await _keep(redis, shop, names, coupon, reason, partitions, now=now, keep_ms=noted.again_ms)
        if kept is not None:
            return kept
        # Somebody's already: it came into the pool a second time (`heimta coupons import --again`).
        await ledgers.give_up(redis, shop, reason.source, reason.ref)
        word = EMPTY
    await wallets.take_back(redis, shop, new, reason.ref, partitions)
    return word


def _noted(reason: Reason, offer: Offer, now: int, expires_at: int) -> HandOut:
    return HandOut(
        ref=reason.ref,
        channel=reason.channel,
        group=reason.group,
        claim=reason.claim,
        now=now,
        expires_at=expires_at,
        limit=offer.per_person,
        again_ms=offer.again_days * DAY_MS,
    )


async def _keep(
    redis: Client,
    shop: str,
    names: Sequence[str],
    coupon: Coupon,
    reason: Reason,
    partitions: int,
    *,
    now: int,
    keep_ms: int,
) -> Coupon | None:
    """Write the coupon and then the claim; the claim that is there already wins. None: the code is taken."""
    key = _key(shop, coupon.code, partitions)
    ttl_ms = max(1, coupon.expires_at - now)
    kept_ms = max(ttl_ms, keep_ms) + _KEEP_MS
    if not await _NEW(redis, [key], [_encode(coupon), coupon.ref, " ".join(names), kept_ms]):
        return None
    there = await find(redis, shop, coupon.code, partitions)
    if there is None:
        return None
    home = keys.partition_of(shop, names[0], partitions)
    claim_key = keys.claim(home, shop, names[0], reason.claim)
    if await redis.set(claim_key, there.code, nx=True, px=max(ttl_ms, keep_ms)):
        return there
    won = await claimed(redis, shop, names[0], reason.claim, partitions)
    if won is not None and won.code != there.code:
        await redis.delete(key)
    return won or there


async def claimed(redis: Client, shop: str, visitor: str, claim: str, partitions: int) -> Coupon | None:
    """What a claim became, used or expired as it may be."""
    home = keys.partition_of(shop, visitor, partitions)
    code = await redis.get(keys.claim(home, shop, visitor, claim))
    return await find(redis, shop, text(code), partitions) if code is not None else None


async def holder(redis: Client, shop: str, code: str, partitions: int) -> str:
    """The visitor a code was handed out to; '' for nobody who is known."""
    if not is_code(code):
        return ""
    names = text(await redis.hget(_key(shop, code, partitions), "names") or b"").split()
    return names[0] if names else ""


async def redeem(
    redis: Client,
    shop: str,
    code: str,
    order: str,
    partitions: int,
    *,
    total_minor: int | None = 0,
    mark: str = "",
    now: int = 0,
) -> bool:
    """Mark a coupon as used by an order. True when that order has it, now or before.

    total_minor: of the order, None for one in another currency than the shop's, since nothing is converted:
    what was set aside for the coupon is counted then, as it is where the coupon left nothing to pay; and for
    a fixed sum, which is of the currency that the shop had when it was handed out. mark: of the one it has
    now.
    """
    coupon = await find(redis, shop, code, partitions)
    if coupon is None:
        return False
    key = _key(shop, code, partitions)
    if not await _REDEEM(redis, [key], [order]):
        return False
    # Told each time: the first telling may have failed after the coupon was marked.
    saved = saved_by(coupon, total_minor) if coupon.kind == "percent" else None
    if coupon.source:
        await ledgers.spend(redis, shop, coupon.source, coupon.ref, saved, now=now, mark=mark)
    names = text(await redis.hget(key, "names") or b"").split()
    await wallets.close(redis, shop, names, coupon.ref, partitions, now=now)
    return True


async def take_back(redis: Client, shop: str, coupon: Coupon, claim: str, partitions: int) -> None:
    """Its message certainly reached nobody: it stands in no other offer's way, and is counted nowhere. The
    code is nobody's from now on; one of a pool is not handed out a second time. claim: as in Reason.

    May be done again: the names of whose it is go last.
    """
    key = _key(shop, coupon.code, partitions)
    names = text(await redis.hget(key, "names") or b"").split()
    if not names:
        return
    await wallets.take_back(redis, shop, names, coupon.ref, partitions)
    if coupon.source:
        await ledgers.give_up(redis, shop, coupon.source, coupon.ref)
    home = keys.partition_of(shop, names[0], partitions)
    await redis.delete(keys.claim(home, shop, names[0], claim))
    await redis.delete(key)


async def share(
    redis: Client, shop: str, visitor: str, hubs: Sequence[str], partitions: int, *, now: int
) -> None:
    """A visitor told who they are: what they were given counts for the person, until it is used."""
    home = keys.partition_of(shop, visitor, partitions)
    for claim in await wallets.share(redis, shop, visitor, hubs, partitions, now=now):
        code = await redis.get(keys.claim(home, shop, visitor, claim))
        if code is None:
            continue
        # An order closes it under the names it has by then: one that came before these leaves them to us.
        used = text(await _SHARE(redis, [_key(shop, text(code), partitions)], hubs))
        if used:
            await wallets.close(redis, shop, hubs, used, partitions, now=now)


async def forget(redis: Client, shop: str, names: Sequence[str], partitions: int) -> None:
    """Erase who was given what. The codes stay, as nobody's: whoever holds one may still use it."""
    for name in names:
        home = keys.partition_of(shop, name, partitions)
        for claim in await wallets.claims_of(redis, shop, name, partitions):
            row = keys.claim(home, shop, name, claim)
            code = await redis.get(row)
            if code is not None:
                await redis.hdel(_key(shop, text(code), partitions), "names")
                await redis.delete(row)
        await wallets.forget(redis, shop, name, partitions)
