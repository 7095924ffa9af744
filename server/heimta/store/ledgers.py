"""Ledgers: what each offer handed out and what it cost, beside its ceilings; and the pools codes come from.

One script counts, looks at the ceilings and takes a code, so a thousand at once get a thousand codes, and
none goes over. Everything is named by the hand-out's ref, so a hand-out that is repeated after a crash is
counted once and gets the same code; once that ran out it is another one.

What an open coupon may cost is set aside when it is handed out. The order that uses it puts what it did cost
in its place; when it expires unused, it is given back. A shop that changes its currency counts money anew
from then on, under the new one's mark (model/currency.py): `given~EUR`, `open~EUR`. A row says what is set
aside for its coupon, with the mark, and the code of a pool: `500~EUR TEN-7`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from heimta.model.coupon import Ledger
from heimta.model.currency import mark_of
from heimta.store import keys
from heimta.store.connect import Client, text
from heimta.store.script import Script

LATE_MS = 30 * 24 * 3600 * 1000  # an order may tell of a coupon this long after it expired
_CHUNK = 1000

# What a row sets aside, and its currency's mark. `marks` are those that there are.
_SET_ASIDE = """
local function set_aside(row) return string.match(row, '^(%d+)(%S*)') end
local function give_back(row)
  local cost, mark = set_aside(row)
  redis.call('HINCRBY', KEYS[1], 'open' .. mark, -tonumber(cost))
end
local function count(what, mark, sum)
  redis.call('HINCRBY', KEYS[1], what .. mark, sum)
  local marks = redis.call('HGET', KEYS[1], 'marks') or ''
  if mark ~= '' and not string.find(marks .. ' ', mark .. ' ', 1, true) then
    redis.call('HSET', KEYS[1], 'marks', marks .. ' ' .. mark)
  end
end
"""

# Sweeps what has expired: KEYS[1] ledger, KEYS[2] due; `now` is a number. A hundred at a time.
_SWEEP = (
    _SET_ASIDE
    + """
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
  local ref = string.sub(member, 2)
  redis.call('ZREM', KEYS[2], member)
  if string.sub(member, 1, 1) == 'o' then
    local row = redis.call('HGET', KEYS[1], '$' .. ref)
    if row then
      give_back(row)
      redis.call('HINCRBY', KEYS[1], 'expired', 1)
      redis.call('ZADD', KEYS[2], string.format('%.0f', now + LATE), 'x' .. ref)
    end
  else
    redis.call('HDEL', KEYS[1], '$' .. ref)
  end
end
""".replace("LATE", str(LATE_MS))
)

# KEYS ledger, due, free codes, the shop's ledgers · ARGV ref, now, expires_at, cost, most coupons, budget,
# pool ('' for none), the ledger's name, the currency's mark.
# Answers {word, code}: word is ok, spent or empty.
_TAKE = Script(
    """
local now = tonumber(ARGV[2])
"""
    + _SWEEP
    + """
local had = redis.call('HGET', KEYS[1], '$' .. ARGV[1])
if had then
  local ends = redis.call('ZSCORE', KEYS[2], 'o' .. ARGV[1])
  if ends and tonumber(ends) > now then return {'ok', string.match(had, '^%S+ (.*)$')} end
  redis.call('HDEL', KEYS[1], '$' .. ARGV[1])  -- it ran out: this is another hand-out
  if redis.call('ZREM', KEYS[2], 'o' .. ARGV[1]) == 1 then
    give_back(had)
    redis.call('HINCRBY', KEYS[1], 'expired', 1)
  end
  redis.call('ZREM', KEYS[2], 'x' .. ARGV[1])
end
local most, budget, cost = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[4])
redis.call('SADD', KEYS[4], ARGV[8])
redis.call('HSET', KEYS[1], 'most', ARGV[5], 'budget', ARGV[6], 'pool', ARGV[7])
local mark = ARGV[9]
local told = redis.call('HMGET', KEYS[1], 'handed', 'given' .. mark, 'open' .. mark)
local handed, used = tonumber(told[1] or 0), tonumber(told[2] or 0) + tonumber(told[3] or 0)
if (most > 0 and handed >= most) or (budget > 0 and (used + cost > budget or used >= budget)) then
  redis.call('HSET', KEYS[1], 'refused_at', ARGV[2])
  return {'spent', ''}
end
local code = ''
if ARGV[7] ~= '' then
  local ends
  for _ = 1, 1000 do
    local held = redis.call('LPOP', KEYS[3])
    code, ends = string.match(held or '', '^(%S+) ?(%d*)$')
    if not code or ends == '' or tonumber(ends) >= tonumber(ARGV[3]) then break end
    code = nil
  end
  if not code then
    redis.call('HSET', KEYS[1], 'refused_at', ARGV[2])
    return {'empty', ''}
  end
end
redis.call('HSET', KEYS[1], '$' .. ARGV[1], ARGV[4] .. mark .. ' ' .. code)
redis.call('ZADD', KEYS[2], ARGV[3], 'o' .. ARGV[1])
redis.call('HINCRBY', KEYS[1], 'handed', 1)
count('open', mark, cost)
return {'ok', code}
"""
)

# KEYS ledger, due · ARGV ref, now, what the order saved ('' for what was set aside), its currency's mark.
# Answers 1, or 0 when it was told before.
_SPEND = Script(
    """
local now = tonumber(ARGV[2])
"""
    + _SWEEP
    + """
local row = redis.call('HGET', KEYS[1], '$' .. ARGV[1])
if not row then return 0 end
redis.call('HDEL', KEYS[1], '$' .. ARGV[1])
if redis.call('ZREM', KEYS[2], 'o' .. ARGV[1]) == 1 then
  give_back(row)
else
  redis.call('ZREM', KEYS[2], 'x' .. ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'expired', -1)
end
redis.call('HINCRBY', KEYS[1], 'redeemed', 1)
local saved, mark = set_aside(row)
if ARGV[3] ~= '' then saved, mark = ARGV[3], ARGV[4] end
count('given', mark, saved)
return 1
"""
)

# KEYS ledger, due · ARGV now. Answers how many are left to sweep.
_EXPIRE = Script(
    "local now = tonumber(ARGV[1])" + _SWEEP + "return redis.call('ZCOUNT', KEYS[2], '-inf', ARGV[1])"
)

# KEYS due · ARGV ref, now, when it ends. Answers 1 when what it may cost is set aside until then, 0 when it
# was used or has run out: what it had is perhaps another's.
_PROLONG = Script("""
local ends = redis.call('ZSCORE', KEYS[1], 'o' .. ARGV[1])
if not ends or tonumber(ends) <= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], 'GT', ARGV[3], 'o' .. ARGV[1])
return 1
""")

# KEYS ledger, due · ARGV ref. As if it had never been handed out.
_GIVE_UP = Script(
    _SET_ASIDE
    + """
local row = redis.call('HGET', KEYS[1], '$' .. ARGV[1])
if not row then return 0 end
redis.call('HDEL', KEYS[1], '$' .. ARGV[1])
if redis.call('ZREM', KEYS[2], 'o' .. ARGV[1]) == 1 then give_back(row) end
redis.call('HINCRBY', KEYS[1], 'handed', -1)
return 1
"""
)

# KEYS known codes, free codes · ARGV when they end in the shop, codes. Answers how many are new.
_FILL = Script("""
local new = 0
for i = 2, #ARGV do
  if redis.call('SADD', KEYS[1], string.upper(ARGV[i])) == 1 then
    redis.call('RPUSH', KEYS[2], ARGV[i] .. ARGV[1])
    new = new + 1
  end
end
return new
""")


# KEYS free codes · ARGV ms. Throws away codes from the front that end before that. Answers how many are left.
_DROP_OLD = Script("""
for _ = 1, 1000 do
  local ends = string.match(redis.call('LINDEX', KEYS[1], 0) or '', '^%S+ (%d+)$')
  if not ends or tonumber(ends) >= tonumber(ARGV[1]) then break end
  redis.call('LPOP', KEYS[1])
end
return redis.call('LLEN', KEYS[1])
""")


class Taking(Struct, frozen=True):
    """What is asked of a ledger. most, budget_minor: its ceilings, 0 for none. pool: '' for made codes.
    mark: of the shop's currency, in which the money is.
    """

    ref: str
    now: int
    expires_at: int
    cost_minor: int
    most: int
    budget_minor: int
    pool: str
    mark: str = ""


async def take(redis: Client, shop: str, source: str, taking: Taking) -> tuple[str, str]:
    """(word, code): ok, and the pool's code; or spent, or empty."""
    word, code = await _TAKE(
        redis,
        [
            keys.ledger(shop, source),
            keys.ledger_due(shop, source),
            keys.pool(shop, taking.pool or "-"),
            keys.ledgers(shop),
        ],
        [
            taking.ref,
            taking.now,
            taking.expires_at,
            taking.cost_minor,
            taking.most,
            taking.budget_minor,
            taking.pool,
            source,
            taking.mark,
        ],
    )
    return text(word), text(code)


async def spend(
    redis: Client, shop: str, source: str, ref: str, saved_minor: int | None, *, now: int, mark: str = ""
) -> bool:
    """An order used the coupon. True the first time. saved_minor: in the currency of this mark; None for what
    was set aside for it, in the one that it was handed out in.
    """
    key, due = keys.ledger(shop, source), keys.ledger_due(shop, source)
    return bool(await _SPEND(redis, [key, due], [ref, now, "" if saved_minor is None else saved_minor, mark]))


async def prolong(redis: Client, shop: str, source: str, ref: str, *, now: int, expires_at: int) -> bool:
    """Keep aside for longer what an open coupon may cost. False for one that is not open any more."""
    return bool(await _PROLONG(redis, [keys.ledger_due(shop, source)], [ref, now, expires_at]))


async def expire(redis: Client, shop: str, *, now: int) -> None:
    """Take what expired out of what is set aside, also where nobody asks for a coupon any more."""
    for member in await redis.smembers(keys.ledgers(shop)):
        source = text(member)
        while await _EXPIRE(redis, [keys.ledger(shop, source), keys.ledger_due(shop, source)], [now]):
            pass


async def give_up(redis: Client, shop: str, source: str, ref: str) -> None:
    """Nothing came of a hand-out: its code is somebody's already."""
    await _GIVE_UP(redis, [keys.ledger(shop, source), keys.ledger_due(shop, source)], [ref])


async def read(redis: Client, shop: str, currency: str = "", first: str = "") -> list[Ledger]:
    """Every offer that has handed anything out or refused to, by name. currency: the shop's. first: the one
    before it first changed it, '' if it never did.
    """
    sources = sorted(text(member) for member in await redis.smembers(keys.ledgers(shop)))
    return [await _read_one(redis, shop, source, mark_of(currency, first), first) for source in sources]


async def _read_one(redis: Client, shop: str, source: str, mark: str, first: str) -> Ledger:
    key = keys.ledger(shop, source)
    names = "handed", "redeemed", "expired", f"given{mark}", f"open{mark}", "most", "budget", "refused_at"
    row: list[Any] = await redis.hmget(key, [*names, "pool", "marks"])
    handed, redeemed, expired, given, open_, most, budget, refused_at = (int(cell or 0) for cell in row[:-2])
    pool, marks = text(row[-2] or b""), text(row[-1] or b"").split()
    others = [each for each in ("", *marks) if each != mark] if first else []
    sums = await redis.hmget(key, [f"given{each}" for each in others]) if others else []
    before = {each[1:] or first: int(sum or 0) for each, sum in zip(others, sums, strict=True)}
    return Ledger(
        shop=shop,
        source=source,
        handed=handed,
        redeemed=redeemed,
        expired=expired,
        given_minor=given,
        open_minor=open_,
        most=most,
        budget_minor=budget,
        pool=pool,
        left=await free(redis, shop, pool) if pool else None,
        refused_at=refused_at,
        given_before={currency: sum for currency, sum in before.items() if sum},
    )


async def all_keys(redis: Client, shop: str) -> list[str]:
    """What a backup keeps: the figures, and which codes are known. Not the codes that nobody has yet: after a
    restore nobody knows who got which since, and one handed out twice is worse than one never.
    """
    sources = [text(member) for member in await redis.smembers(keys.ledgers(shop))]
    each = [key for source in sources for key in (keys.ledger(shop, source), keys.ledger_due(shop, source))]
    return [keys.ledgers(shop), keys.pools(shop), keys.pool_codes(shop), *each]


async def fill(redis: Client, shop: str, pool: str, codes: Sequence[str], *, ends_at: int = 0) -> int:
    """Put codes into a pool. Returns how many are new: one that was ever in a pool of the shop is not put
    in again, whatever its capitals, so no code is handed out twice.

    ends_at: when the shop takes them no more, ms, 0 for never. One that would end before its coupon does is
    not handed out.
    """
    new = 0
    ends = f" {ends_at}" if ends_at else ""
    for start in range(0, len(codes), _CHUNK):
        chunk = codes[start : start + _CHUNK]
        new += int(await _FILL(redis, [keys.pool_codes(shop), keys.pool(shop, pool)], [ends, *chunk]))
    await redis.sadd(keys.pools(shop), pool)
    return new


async def forget_codes(redis: Client, shop: str, codes: Sequence[str]) -> None:
    """Take them as never seen: they may be put into a pool again."""
    for start in range(0, len(codes), _CHUNK):
        chunk = [code.upper() for code in codes[start : start + _CHUNK]]
        await redis.srem(keys.pool_codes(shop), *chunk)


async def empty(redis: Client, shop: str, pool: str) -> int:
    """Throw away what nobody has yet. Returns how many."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.llen(keys.pool(shop, pool))
        pipe.delete(keys.pool(shop, pool))
        pipe.srem(keys.pools(shop), pool)
        left, _, _ = await pipe.execute()
    return int(left)


async def pools(redis: Client, shop: str) -> dict[str, int]:
    """How many codes each pool has left."""
    names: Iterable[str] = sorted(text(member) for member in await redis.smembers(keys.pools(shop)))
    return {name: await free(redis, shop, name) for name in names}


async def drop_old(redis: Client, shop: str, pool: str, before: int) -> int:
    """Throw away codes that end before that, ms. Returns how many are left."""
    return int(await _DROP_OLD(redis, [keys.pool(shop, pool)], [before]))


async def free(redis: Client, shop: str, pool: str) -> int:
    return int(await redis.llen(keys.pool(shop, pool)))
