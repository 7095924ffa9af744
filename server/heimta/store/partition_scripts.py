"""The scripts by which a partition changes hands and changes state. Redis 7.0 has everything they use.

In each: look first, then what needs memory, then what frees it. A server that is full refuses the first
command that needs memory and nothing after it (it looks when the script begins), so a script is refused
whole or done whole, and a step that only frees or renews is done even then.
"""

from __future__ import annotations

from heimta.store.script import Script

# KEYS lease, term · ARGV token, lease in ms, name · answers {term, 1 if its owner died with it}, or {0, 0}.
# The same worker gets its own lease again, in a new term: what its former life has under way is fenced off.
# So does a worker whose name is the lease's: the life that held it is dead (worker/slot.py). '' is nobody's.
ACQUIRE = Script("""
local held = redis.call('GET', KEYS[1])
local owner = held and string.match(held, '^%d+%.(.*)$')
if held and owner ~= ARGV[1] then
  if ARGV[3] == '' or not owner or string.match(owner, '^([^/]*)/') ~= ARGV[3] then return {0, 0} end
end
local by = redis.call('HGET', KEYS[2], 'by')
local term = redis.call('HINCRBY', KEYS[2], 'number', 1)
redis.call('HSET', KEYS[2], 'by', ARGV[1])
redis.call('SET', KEYS[1], term .. '.' .. ARGV[1], 'PX', ARGV[2])
if by and by ~= ARGV[1] then return {term, 1} end
return {term, 0}
""")

# KEYS lease, term · ARGV fence · answers 1 when it was ours.
RELEASE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[2], 'by')
redis.call('DEL', KEYS[1])
return 1
""")

# KEYS lease, suspects · ARGV fence, entry id · answers how often this entry was begun alone, or 0: not ours.
SUSPECT = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
""")

# Entries of the log that CLAIM looks through, the newest, read once for all; where more have come since,
# nothing is claimed. With fifty, sixteen messages hold Redis for 0.3 ms; with all of them for 4.
LOOK = 500

# KEYS lease, log, outbox · ARGV fence, lease in ms, then of each message: the place in the log up to which
# the visitor's state is known, visitor, message id, the message as it shall be kept or '' · answers for each
# 1: claimed; 2: the log has news of the visitor since (an order perhaps; not what became of another message),
# folded or not, or too much to look through. Nothing at all: not ours. An order that was acknowledged before
# is in the log, so this is the one instant that says which of the two came first.
CLAIM = Script(
    f"local LOOK = {LOOK}"
    + """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {} end
local function place(id)
  local ms, n = string.match(id, '^(%d+)%-?(%d*)$')
  return {tonumber(ms), tonumber(n) or 0}
end
local function is_after(one, other)
  return one[1] > other[1] or (one[1] == other[1] and one[2] > other[2])
end
local first = ARGV[3]
for a = 7, #ARGV, 4 do
  if is_after(place(first), place(ARGV[a])) then first = ARGV[a] end
end
local ids, news = {}, {}
for n, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '(' .. first, 'COUNT', LOOK)) do
  local kind, data
  for f = 1, #entry[2], 2 do
    if entry[2][f] == 'k' then kind = entry[2][f + 1] end
    if entry[2][f] == 'd' then data = entry[2][f + 1] end
  end
  ids[n], news[n] = entry[1], kind ~= 'delivery' and data or ''
end
local after = {[first] = #ids}  -- how many of them, the newest, came after a place
local function count_after(id)
  if not after[id] then
    local least, most, since = 0, #ids, place(id)
    while least < most do
      local n = math.ceil((least + most) / 2)
      if is_after(place(ids[n]), since) then least = n else most = n - 1 end
    end
    after[id] = least
  end
  return after[id]
end
local told, kept = {}, {}
for a = 3, #ARGV, 4 do
  local count = count_after(ARGV[a])
  local answer = count == LOOK and 2 or 1
  for n = 1, count do
    if answer == 2 then break end
    if string.find(news[n], ARGV[a + 1], 1, true) then answer = 2 end
  end
  told[#told + 1] = answer
  if answer == 1 and ARGV[a + 3] ~= '' then kept[#kept + 1] = a + 2 end
end
for _, a in ipairs(kept) do redis.call('HSET', KEYS[3], ARGV[a], ARGV[a + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return told
"""
)

# Fields of a day's counters beyond which no fault gets a name any more: those come from strangers' browsers,
# and are added up as `other`. A field that is there keeps its name, so what was counted up is counted down.
MAX_NAMED = 6_000

# The one write. KEYS are fixed up to 10, then states, rollups, lifts, send logs; ARGV in the order it is
# taken below. Answers 1, or 0 when lease, checkpoint or log is not what this owner believes: nothing was
# written then. The log: after a failover, entries may have been read from a master that was replaced, and
# this one never had them. mark: how the data of the new position's entry begins; '' asks nothing.
WRITE = Script(
    f"local MAX_NAMED = {MAX_NAMED}"
    + """
local i, k = 0, 10
local function take() i = i + 1 return ARGV[i] end
local function count() return tonumber(take()) end
local fence, lease_ms, expected, at, mark = take(), take(), take(), take(), take()
if redis.call('GET', KEYS[1]) ~= fence then return 0 end
if (redis.call('GET', KEYS[2]) or '0') ~= expected then return 0 end
if mark ~= '' then
  local last = redis.call('XRANGE', KEYS[6], at, at)[1]
  if not last then return 0 end
  for f = 1, #last[2], 2 do
    if last[2][f] == 'd' and string.sub(last[2][f + 1], 1, #mark) ~= mark then return 0 end
  end
end

local function named(key, field)
  if not string.find(field, ':fault.', 1, true) then return field end
  if redis.call('HEXISTS', key, field) == 1 or redis.call('HLEN', key) < MAX_NAMED then return field end
  return string.match(field, '^%d+:fault%.%a+%.') .. 'other'
end

-- A sum that is full stays as it is: strangers' carts are in it, and all else of the step must be written.
local function sum(add, key, field, by)
  local told = redis.pcall(add, key, named(key, field), by)
  if type(told) ~= 'table' or not told.err then return end
  for _, full in ipairs({'overflow', 'out of range', 'Infinity'}) do
    if string.find(told.err, full, 1, true) then return end
  end
  error(told.err)
end

local sums_ttl = take()
for _ = 1, count() do
  k = k + 1
  local state = take()
  redis.call('SET', KEYS[k], state, 'EX', take())
end
for _ = 1, count() do redis.call('ZADD', KEYS[3], take(), take()) end
for _, add in ipairs({'HINCRBY', 'HINCRBYFLOAT'}) do
  for _ = 1, count() do
    k = k + 1
    for _ = 1, count() do sum(add, KEYS[k], take(), take()) end
    redis.call('EXPIRE', KEYS[k], sums_ttl)
  end
end
local why_ttl, why_keep = take(), take()
for _ = 1, count() do
  k = k + 1
  for _ = 1, count() do redis.call('ZADD', KEYS[k], take(), take()) end
  redis.call('ZREMRANGEBYRANK', KEYS[k], 0, -1 - why_keep)
  redis.call('EXPIRE', KEYS[k], why_ttl)
end
for _ = 1, count() do redis.call('HSET', KEYS[4], take(), take()) end
for _ = 1, count() do redis.call('XADD', KEYS[5], '*', 's', take(), 'd', take()) end
for _ = 1, count() do redis.call('XADD', KEYS[10], '*', 's', take(), 'd', take()) end
for _ = 1, count() do
  redis.call('XADD', KEYS[6], '*', 's', take(), 'k', take(), 't', take(), 'd', take(), 'u', '')
end
local dead, keep = count(), count()
if dead > 0 then
  local before = redis.call('XLEN', KEYS[7])
  for _ = 1, dead do
    redis.call('XADD', KEYS[7], 'MAXLEN', '~', keep, '*', 's', take(), 'k', take(), 't', take(), 'd', take(),
      'u', take(), 'entry', take(), 'why', take(), 'tries', take())
  end
  local gone = before + dead - redis.call('XLEN', KEYS[7])
  if gone > 0 then redis.call('INCRBY', KEYS[8], gone) end
end
if at ~= '' then redis.call('SET', KEYS[2], at) end

for _ = 1, count() do redis.call('ZREM', KEYS[3], take()) end
for _ = 1, count() do redis.call('HDEL', KEYS[4], take()) end
for _ = 1, count() do redis.call('HDEL', KEYS[9], take()) end
redis.call('PEXPIRE', KEYS[1], lease_ms)
return 1
"""
)
