"""Wallets: which coupons a person was given, kept under each of their names (model/person.py).

A person has several names, each in a partition of its own, so no one step can look at all of them. A coupon
is noted name by name, in the order of the names: of two hand-outs to one person at once, the one that has
their first common name has all of them, and the other is refused there. What was noted for a hand-out that
comes to nothing is taken back. Noted twice is noted once: a hand-out has a ref, and a crash repeats it. What
was given before a name was known is noted under it later (`share`).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import Script

KEEP = 100  # coupons of one name; beyond them it is given none until one is old enough

# What a hand-out is refused for. held: the person has one from another channel that is still good; limit:
# they had as many of this offer as they may; spent: the offer's ceiling is reached; empty: no codes are left.
Refusal = str
HELD: Refusal = "held"
LIMIT: Refusal = "limit"
SPENT: Refusal = "spent"
EMPTY: Refusal = "empty"

# KEYS wallet · ARGV ref, now, expires_at, channel, group, claim, limit, again ms, most coupons.
# Answers new, have (noted before), held or limit.
_NOTE = Script("""
local now, again = tonumber(ARGV[2]), tonumber(ARGV[8])
local mine = redis.call('HGET', KEYS[1], ARGV[1])
if mine then
  local ends, counts = string.match(mine, '^%d+ (%d+) (%d+)')
  if tonumber(ends) > now or tonumber(counts) > now then return 'have' end
end
local all, count, kept, last = redis.call('HGETALL', KEYS[1]), 0, 0, 0
for i = 1, #all, 2 do
  local at, ends, counts, channel, group = string.match(all[i + 1], '^(%d+) (%d+) (%d+) (%S+) (%S+)')
  at, ends, counts = tonumber(at), tonumber(ends), tonumber(counts)
  last = math.max(last, ends, counts)
  if ends <= now and counts <= now then
    redis.call('HDEL', KEYS[1], all[i])
  else
    kept = kept + 1
    if channel ~= ARGV[4] and ends > now then return 'held' end
    if group == ARGV[5] and at + again > now then count = count + 1 end
  end
end
if count >= tonumber(ARGV[7]) or kept >= tonumber(ARGV[9]) then return 'limit' end
local counts = now + again
local row = {ARGV[2], ARGV[3], string.format('%.0f', counts), ARGV[4], ARGV[5], ARGV[6]}
redis.call('HSET', KEYS[1], ARGV[1], table.concat(row, ' '))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(last, counts, tonumber(ARGV[3])) - now))
return 'new'
""")

# KEYS wallet · ARGV ref, now. A used coupon stands in no other's way; it goes on counting.
_CLOSE = Script("""
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row then return 0 end
local at, ends, rest = string.match(row, '^(%d+) (%d+) (.*)$')
if tonumber(ends) <= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], at .. ' ' .. ARGV[2] .. ' ' .. rest)
return 1
""")


# KEYS wallet · ARGV ref, now, when it ends. One that was used, or has run out, stays so.
_PROLONG = Script("""
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row then return 0 end
local at, ends, rest = string.match(row, '^(%d+) (%d+) (.*)$')
if tonumber(ends) <= tonumber(ARGV[2]) or tonumber(ends) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], at .. ' ' .. ARGV[3] .. ' ' .. rest)
local left = tonumber(ARGV[3]) - tonumber(ARGV[2])
if left > redis.call('PTTL', KEYS[1]) then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left)) end
return 1
""")

# KEYS wallet · ARGV now, then ref and row in turns. Of two rows of one coupon the one that says it was used.
# A new one that is neither good nor counts any more is passed over: it would keep the wallet for ever.
# Answers how many were not there.
_SHARE = Script("""
local now, last, new = tonumber(ARGV[1]), 0, 0
for i = 2, #ARGV, 2 do
  local ends, counts = string.match(ARGV[i + 1], '^%d+ (%d+) (%d+)')
  local till = math.max(tonumber(ends), tonumber(counts))
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if held and tonumber(ends) < tonumber(string.match(held, '^%d+ (%d+)')) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  elseif not held and till > now then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    new = new + 1
  end
  last = math.max(last, till)
end
if last - now > redis.call('PTTL', KEYS[1]) then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last - now))
end
return new
""")


class HandOut(Struct, frozen=True):
    """What is to be noted. ref: its name for ever. group: what the limit counts together. claim: the name of
    the row that says which code it became, under the first of the person's names.
    """

    ref: str
    channel: str
    group: str
    claim: str
    now: int
    expires_at: int
    limit: int
    again_ms: int


async def note(
    redis: Client, shop: str, names: Sequence[str], hand_out: HandOut, partitions: int
) -> tuple[Refusal, list[str]]:
    """Note a hand-out under every name, or under none. '' and the names it is new to; or why not."""
    mine: list[str] = []
    for name in sorted(set(names)):
        key = keys.wallet(keys.partition_of(shop, name, partitions), shop, name)
        told = text(
            await _NOTE(
                redis,
                [key],
                [
                    hand_out.ref,
                    hand_out.now,
                    hand_out.expires_at,
                    hand_out.channel,
                    hand_out.group,
                    hand_out.claim,
                    hand_out.limit,
                    hand_out.again_ms,
                    KEEP,
                ],
            )
        )
        if told == "new":
            mine.append(name)
        elif told != "have":
            await take_back(redis, shop, mine, hand_out.ref, partitions)
            return told, []
    return "", mine


async def take_back(redis: Client, shop: str, names: Sequence[str], ref: str, partitions: int) -> None:
    for name in names:
        await redis.hdel(keys.wallet(keys.partition_of(shop, name, partitions), shop, name), ref)


async def share(
    redis: Client, shop: str, visitor: str, hubs: Sequence[str], partitions: int, *, now: int
) -> list[str]:
    """What a visitor was given before they told who they are counts for the person: noted under each of the
    hubs, which all of the person's browsers look at. Twice is once. The names of the claims, if one was new.
    """
    own = await redis.hgetall(keys.wallet(keys.partition_of(shop, visitor, partitions), shop, visitor))
    if not own:
        return []
    rows = [text(each) for pair in own.items() for each in pair]
    is_new = False
    for hub in hubs:
        key = keys.wallet(keys.partition_of(shop, hub, partitions), shop, hub)
        is_new |= await _SHARE(redis, [key], [now, *rows]) > 0
    return [row.split(" ", 5)[5] for row in rows[1::2]] if is_new else []


async def close(
    redis: Client, shop: str, names: Sequence[str], ref: str, partitions: int, *, now: int
) -> None:
    """The coupon was used: the person may be given another."""
    for name in names:
        key = keys.wallet(keys.partition_of(shop, name, partitions), shop, name)
        await _CLOSE(redis, [key], [ref, now])


async def prolong(
    redis: Client, shop: str, names: Sequence[str], ref: str, partitions: int, *, now: int, expires_at: int
) -> None:
    """The coupon is good for longer, and stands in the way of another as long."""
    for name in names:
        key = keys.wallet(keys.partition_of(shop, name, partitions), shop, name)
        await _PROLONG(redis, [key], [ref, now, expires_at])


async def claims_of(redis: Client, shop: str, name: str, partitions: int) -> list[str]:
    """The names of the rows that say which codes a visitor claimed; for erasing them."""
    rows = await redis.hgetall(keys.wallet(keys.partition_of(shop, name, partitions), shop, name))
    return [text(row).split(" ", 5)[5] for row in rows.values()]


async def forget(redis: Client, shop: str, name: str, partitions: int) -> None:
    await redis.delete(keys.wallet(keys.partition_of(shop, name, partitions), shop, name))
