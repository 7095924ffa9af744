"""Counters and sums that reports are made of; written by the worker, read by the console.

Counters live per partition, shop and UTC day, under `<hour>:<metric>`. Metrics (money ends in a currency):
  visitors sessions <event name> carts orders orders_minor.EUR
  abandoned abandoned_minor.EUR recovered recovered_minor.EUR
  exit.<kind>.<tenth of the score, or shown>.left | stayed
  message.sent message.failed message.skipped message.clicked
  c.<campaign>.<arm>.exposed | accepted | dismissed | answered
  c.j.<journey>.<arm>.exposed | sent | failed | skipped | clicked
  s.<campaign>.<question>.<value>
  s.j.<journey>.<step>.<outcome> s.j.<journey>..entered
  funnel.<step> (sessions at it or a later one) step.<step> (at it, of those that not every shop has)
  field.<kind>.entered | wrong | corrected | empty | stopped | ms
  fault.times.<kind what> fault.carts.… fault.ordered.… faults.carts faults.ordered faults_minor.EUR
Sums per campaign and arm, for the lift: `<arm>|n`, `|converted`, `|revenue_minor`, `|revenue_sq`. Of a shop
that changed its currency, per currency: model/currency.py says what they are kept under.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from heimta.store import keys
from heimta.store.connect import Client

READ = 1024  # hashes in one trip


async def counters(redis: Client, shop: str, days: list[str], partitions: int) -> dict[str, Counter[str]]:
    """Counters of a shop for UTC days (`yyyymmdd`), summed over partitions: day -> metric -> count."""
    wanted = [(day, p) for day in days for p in range(partitions)]
    async with redis.pipeline(transaction=False) as pipe:
        for day, p in wanted:
            pipe.hgetall(keys.rollup(p, shop, day))
        rows = await pipe.execute()
    sums: dict[str, Counter[str]] = {day: Counter() for day in days}
    for (day, _), row in zip(wanted, rows, strict=True):
        for field, value in row.items():
            sums[day][field.decode().partition(":")[2]] += int(value)
    return sums


Hours = dict[str, dict[int, Counter[str]]]  # UTC day -> UTC hour -> metric -> count


async def hourly(redis: Client, shop: str, days: list[str], partitions: int) -> Hours:
    """Counters of a shop for UTC days, summed over partitions, hour by hour: for days of another timezone.

    A trip a day: three months of a busy shop are a million fields, which would hold up everyone else.
    """
    sums: Hours = {}
    for day in days:
        async with redis.pipeline(transaction=False) as pipe:
            for p in range(partitions):
                pipe.hgetall(keys.rollup(p, shop, day))
            rows = await pipe.execute()
        hours: dict[int, Counter[str]] = defaultdict(Counter)
        for row in rows:
            for field, value in row.items():
                hour, _, metric = field.decode().partition(":")
                hours[int(hour)][metric] += int(value)
        sums[day] = dict(hours)
    return sums


ArmSums = dict[str, dict[str, float]]  # arm -> {n, converted, revenue_minor, revenue_sq}


async def arm_sums(redis: Client, shop: str, campaign: str, partitions: int) -> ArmSums:
    """The lift's sums of one campaign."""
    return (await all_arm_sums(redis, shop, [campaign], partitions))[campaign]


async def all_arm_sums(
    redis: Client, shop: str, campaigns: Sequence[str], partitions: int
) -> dict[str, ArmSums]:
    """The same of many, a trip for each part of them: a list of hundreds would wait for as many answers."""
    found: dict[str, ArmSums] = {}
    part = max(1, READ // max(1, partitions))  # 0: nothing was ever folded here
    for start in range(0, len(campaigns), part):
        names = campaigns[start : start + part]
        async with redis.pipeline(transaction=False) as pipe:
            for campaign in names:
                for p in range(partitions):
                    pipe.hgetall(keys.lift(p, shop, campaign))
            rows = await pipe.execute()
        for number, campaign in enumerate(names):
            found[campaign] = _added_up(rows[number * partitions : (number + 1) * partitions])
    return found


def _added_up(rows: list[dict[bytes, bytes]]) -> ArmSums:
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        for field, value in row.items():
            arm, _, name = field.decode().partition("|")
            sums[arm][name] += float(value)
    return {arm: dict(named) for arm, named in sums.items()}
