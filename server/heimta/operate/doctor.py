"""What is wrong with a running Heimta, and how to mend it: one small judgement a fact.

Each check answers with a Finding. FAIL: events or messages are lost or late, or will be. WARN: it works, and
something should be looked at. The words name the value and the rule; `mend` is what to type or to change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from heimta.model.checkup import PartitionFacts, ServerFacts, ShopFacts, StoreFacts
from heimta.model.coupon import Ledger
from heimta.model.volume import Volume

Level = Literal["OK", "WARN", "FAIL"]

OLDEST = (7, 0, 0)
PROMISE = {
    "always": "what was acknowledged is on the disk",
    "everysec": "a crash of the machine may lose the last second, a crash of a process nothing",
    "no": "a crash of the machine may lose half a minute",
}
LAG_WARN_MS, LAG_FAIL_MS = 5_000, 60_000
DUE_WARN_MS, DUE_FAIL_MS = 30_000, 600_000
SKEW_WARN_MS, SKEW_FAIL_MS = 2_000, 60_000
_LIMIT = "HEIMTA_MEMORY_MB for the embedded store and that of compose.yaml, else maxmemory"
BACKUP_MS = 7 * 24 * 3600 * 1000


class Finding(Struct, frozen=True):
    """check: a short name, the same at each run."""

    check: str
    level: Level
    words: str
    mend: str = ""


def ok(check: str, words: str) -> Finding:
    return Finding(check, "OK", words)


def judge_server(facts: ServerFacts) -> Iterator[Finding]:
    for check in (
        version,
        role,
        appendonly,
        appendfsync,
        eviction,
        memory,
        hashes,
        disk_writes,
        clock,
        cluster,
    ):
        yield check(facts)


def version(facts: ServerFacts) -> Finding:
    if facts.version < OLDEST:
        mend = "use Redis 7.0 or later, or Valkey"
        return Finding("store version", "FAIL", f"{facts.product}; 7.0 is the oldest that will do", mend)
    return ok("store version", facts.product)


def role(facts: ServerFacts) -> Finding:
    if facts.is_loading:
        return Finding("store role", "FAIL", "it is still reading its data back", "wait until it is done")
    if facts.role != "master":
        mend = "point HEIMTA_REDIS_URL at the master"
        return Finding("store role", "FAIL", f"{facts.name} is a {facts.role} and takes no writes", mend)
    return ok("store role", "takes writes")


def appendonly(facts: ServerFacts) -> Finding:
    if facts.appendonly != "yes":
        mend = "CONFIG SET appendonly yes, and the same in its configuration file"
        return Finding("append-only file", "FAIL", "off: a restart loses acknowledged events", mend)
    return ok("append-only file", "on")


def appendfsync(facts: ServerFacts) -> Finding:
    promise = PROMISE.get(facts.appendfsync)
    if promise is None:
        mend = "look it up where the store is hosted"
        return Finding("disk flush", "WARN", "the store does not tell its appendfsync", mend)
    if facts.appendfsync == "no":
        mend = "CONFIG SET appendfsync everysec (or always)"
        return Finding("disk flush", "WARN", f"appendfsync no: {promise}", mend)
    return ok("disk flush", f"appendfsync {facts.appendfsync}: {promise}")


def eviction(facts: ServerFacts) -> Finding:
    if facts.policy == "":
        mend = "look it up where the store is hosted: it must be noeviction"
        return Finding("eviction", "WARN", "the store does not tell its maxmemory-policy", mend)
    if facts.policy != "noeviction":
        words = (
            f"maxmemory-policy is {facts.policy}: a full store forgets events instead of refusing new ones"
        )
        return Finding("eviction", "FAIL", words, "CONFIG SET maxmemory-policy noeviction")
    return ok("eviction", "noeviction")


def memory(facts: ServerFacts) -> Finding:
    limit, machine = facts.maxmemory, facts.machine_memory
    room = limit or machine
    if not room:
        return ok("memory", f"{_mib(facts.used_memory)} used; no limit known")
    share = facts.used_memory / room
    of = f"its limit of {_mib(limit)}" if limit else "the machine's memory; it has no limit of its own"
    words = f"{_mib(facts.used_memory)} used, {share:.0%} of {of}"
    if share <= 0.7 and 0 < machine < limit:
        words += f", which is more than the machine's {_mib(machine)}: it is killed before it refuses events"
        return Finding("memory", "WARN", words, f"at most half of the machine: {_LIMIT}")
    mend = f"raise its limit ({_LIMIT}) or move to a larger machine (docs/operating.md, sizing)"
    if not limit:
        mend = f"give it a limit ({_LIMIT}), or move to a larger machine (docs/operating.md, sizing)"
    level: Level = "FAIL" if share > 0.9 else "WARN" if share > 0.7 else "OK"
    return Finding("memory", level, words, "" if level == "OK" else mend)


def hashes(facts: ServerFacts) -> Finding:
    if facts.listpack_value is not None and facts.listpack_value < 512:
        words = f"hash-max-listpack-value is {facts.listpack_value}: coupons take twice the memory they need"
        return Finding("compact hashes", "WARN", words, "CONFIG SET hash-max-listpack-value 512")
    return ok("compact hashes", "as they should be" if facts.listpack_value else "not told")


def disk_writes(facts: ServerFacts) -> Finding:
    if facts.aof_write != "ok":
        mend = "free space on the store's disk; it takes writes again by itself"
        return Finding("disk writes", "FAIL", "the last write of the append-only file failed", mend)
    if facts.aof_rewrite != "ok":
        mend = "look into the store's log: it needs disk space and memory for a copy; then BGREWRITEAOF"
        return Finding("disk writes", "WARN", "the last rewrite of the append-only file failed", mend)
    return ok("disk writes", "well")


def clock(facts: ServerFacts) -> Finding:
    skew = abs(facts.clock_ms - facts.asked_ms)
    level: Level = "FAIL" if skew > SKEW_FAIL_MS else "WARN" if skew > SKEW_WARN_MS else "OK"
    words = f"this machine and the store differ by {skew / 1000:.1f} s"
    mend = "set both clocks by NTP; a wrong clock dates events and timers wrongly"
    return Finding("clocks", level, words, "" if level == "OK" else mend)


def cluster(facts: ServerFacts) -> Finding:
    if facts.cluster_state not in ("", "ok"):
        mend = "redis-cli --cluster check, and bring the missing nodes back"
        return Finding("cluster", "FAIL", f"its state is {facts.cluster_state}", mend)
    return ok("cluster", "all slots are served" if facts.cluster_state else "none")


def replicas(facts: ServerFacts, wanted: int) -> Finding:
    """wanted: how many must have an event before it is acknowledged."""
    if facts.replicas < wanted:
        words = f"{facts.replicas} follow, and HEIMTA_REDIS_WAIT_REPLICAS is {wanted}: no event is taken"
        return Finding("replicas", "FAIL", words, "bring them back, or set it lower and restart the edges")
    return ok("replicas", f"{facts.replicas} follow, {wanted} must have an event before it is acknowledged")


def judge_store(facts: StoreFacts, partitions: int, *, now: int) -> Iterator[Finding]:
    yield whole(facts)
    yield agreed(facts, partitions)
    yield owned(facts.partitions)
    yield folded(facts.partitions)
    yield fired(facts.partitions)
    yield positions(facts.partitions)
    yield dead(facts.partitions)
    yield from shops(facts.shops)
    for name in facts.deleting:
        yield Finding(
            f"shop {name}", "WARN", "is deleted in part", f"heimta shop delete {name}: goes on with it"
        )
    yield from coupons(facts.ledgers)
    yield from volumes(facts.volumes)
    yield backup(facts, now)


def whole(facts: StoreFacts) -> Finding:
    if facts.is_restoring:
        mend = "wait for it, or run `heimta restore --force FILE` again"
        return Finding("store", "FAIL", "a backup is being read in, or was and did not come to its end", mend)
    return ok("store", "whole")


def agreed(facts: StoreFacts, partitions: int) -> Finding:
    kept = facts.kept_partitions
    if kept is None:
        return ok("partitions", f"{partitions}, fixed at the first start")
    if kept != partitions:
        words = f"HEIMTA_PARTITIONS is {partitions}, the store was started with {kept}"
        return Finding("partitions", "FAIL", words, f"set HEIMTA_PARTITIONS to {kept}")
    return ok("partitions", str(kept))


def owned(facts: list[PartitionFacts]) -> Finding:
    alone = [part.number for part in facts if not part.is_owned]
    if alone:
        words = f"no worker owns {len(alone)} of {len(facts)} partitions: nothing is folded or sent there"
        mend = "start `heimta worker`, or look into its log; a lease moves within 10 s of a crash"
        return Finding("workers", "FAIL", words, mend)
    return ok("workers", "every partition has an owner")


def folded(facts: list[PartitionFacts]) -> Finding:
    lag = max((part.unfolded_ms or 0 for part in facts), default=0)
    level: Level = "FAIL" if lag > LAG_FAIL_MS else "WARN" if lag > LAG_WARN_MS else "OK"
    words = f"the oldest event not folded is {lag / 1000:.1f} s old" if lag else "all events are folded"
    mend = "start more workers (docs/operating.md, scaling out); after an outage it shrinks by itself"
    return Finding("fold lag", level, words, "" if level == "OK" else mend)


def fired(facts: list[PartitionFacts]) -> Finding:
    late = max((part.due_ms for part in facts), default=0)
    level: Level = "FAIL" if late > DUE_FAIL_MS else "WARN" if late > DUE_WARN_MS else "OK"
    words = f"the earliest due timer is {late / 1000:.1f} s late" if late > 0 else "no timer is late"
    mend = "timers wait for the log to be folded: see workers and fold lag"
    return Finding("due lag", level, words, "" if level == "OK" else mend)


def positions(facts: list[PartitionFacts]) -> Finding:
    ahead = [part.number for part in facts if _place(part.checkpoint) > _place(part.last)]
    if ahead:
        words = (
            f"partitions {_list(ahead)} were folded further than their log goes: new events are passed over"
        )
        mend = "the log was lost while the states were kept: restore the last backup"
        return Finding("log", "FAIL", words, mend)
    return ok("log", f"{sum(part.entries for part in facts):,} entries kept")


def dead(facts: list[PartitionFacts]) -> Finding:
    count = sum(part.dead for part in facts)
    if count:
        words = f"{count} entries could not be folded and are kept"
        return Finding(
            "dead letters", "WARN", words, "`heimta dead list`, then `heimta dead replay` or `drop`"
        )
    return ok("dead letters", "none")


def shops(facts: list[ShopFacts]) -> Iterator[Finding]:
    if not facts:
        yield Finding("shops", "WARN", "there is none", "heimta shop create SHOP, then heimta apply FILE")
    for shop in facts:
        name = f"shop {shop.name}"
        if shop.unreadable:
            words = f"a document cannot be read, and stands still: {shop.unreadable}"
            if not shop.is_served:
                words = f"its own document cannot be read, so it is not served: {shop.unreadable}"
            mend = (
                "a newer Heimta wrote it: run that one; else `heimta apply` it anew, `heimta remove` it, or "
                f"restore a backup from before; then `heimta dead replay --all --shop {shop.name}`"
            )
            yield Finding(name, "FAIL", words, mend)
        elif not shop.has_document:
            yield Finding(name, "WARN", "has no document: its pages get no snippet", "heimta apply FILE")
        elif shop.lacks:
            mend = "docs/sending.md has what each channel needs; `heimta send-test` tries one step"
            yield Finding(name, "FAIL", "; ".join(shop.lacks), mend)
        elif shop.subject.endswith((".invalid", ".example", "@example.com")):
            mend = "write an address that push services can reach you at"
            yield Finding(name, "WARN", f"its VAPID subject is {shop.subject}", mend)
        else:
            yield ok(name, "complete")


def coupons(facts: list[Ledger]) -> Iterator[Finding]:
    """Ceilings nearly reached: beyond them shoppers get no codes, and messages with one are not sent."""
    low = [each for each in facts if each.is_alarming]
    if not low:
        yield ok("coupons", f"{len(facts)} live offers, none near its end" if facts else "none is offered")
    for each in low:
        fill = f", or `heimta coupons import {each.shop} {each.pool} FILE`" if each.pool else ""
        mend = f"raise its max_coupons or budget_minor{fill}"
        offer = f"offer {each.source} of shop {each.shop}"
        words = f"{each.used_pct} % of what {offer} may give is gone"
        if each.is_short:
            words = f"{offer} gives no more: its budget has too little left for another coupon"
        yield Finding(f"coupons {each.source}", "WARN", words, mend)


def volumes(facts: list[Volume]) -> Iterator[Finding]:
    """Beyond its ceiling a shop's messages wait. Far more than usual is a fault, a stranger, or meant."""
    high = [each for each in facts if each.is_alarming]
    if not high:
        yield ok("messages", "no shop sends more than usual, or nearly as much as it may in a day")
    for each in high:
        words = f"shop {each.shop} sent {each.taken:,} of {each.most:,} within 24 hours"
        if each.surge >= 1:
            words += f", {each.usual:,.0f} on an average day before" if each.usual else ", and none before"
        mend = (
            "is a journey for everyone on, or a script at a form? Switch it off in the console, or lower "
            f"{each.channel}.per_day; if it is meant, raise that where it is reached"
        )
        yield Finding(f"{each.channel} of {each.shop}", "WARN", words, mend)


def backup(facts: StoreFacts, now: int) -> Finding:
    mend = "run `heimta backup DIR` every day, and try a restore once"
    if facts.backup_ms is None:
        return Finding("backup", "WARN", "none was made with `heimta backup`", mend)
    age_h = (now - facts.backup_ms) / 3_600_000
    if now - facts.backup_ms > BACKUP_MS:
        return Finding("backup", "WARN", f"the last is {age_h / 24:.0f} days old", mend)
    return ok("backup", f"the last is {age_h:.0f} h old")


def _place(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)


def _list(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
