"""Ask a store what `heimta doctor` wants to know. Reads only, and little: but for one SCAN for the shops,
nothing grows with the number of visitors.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, cast

from redis.exceptions import RedisError, ResponseError

from heimta.model.checkup import PartitionFacts, ServerFacts, ShopFacts, StoreFacts
from heimta.model.journey import Journey
from heimta.model.providers.needs import lacking
from heimta.store import audiences, deletion, documents, keys, secrets
from heimta.store.connect import Client, masters, text


async def server(node: Client, *, now: int) -> ServerFacts:
    """Raises redis.exceptions.RedisError or OSError."""
    info: dict[str, Any] = await node.info()
    seconds, micros = await node.time()
    is_clustered = bool(info.get("cluster_enabled"))
    config = {
        name: await _setting(node, name)
        for name in ("appendonly", "appendfsync", "maxmemory-policy", "hash-max-listpack-value")
    }
    listpack = config["hash-max-listpack-value"]
    kind = "Valkey" if "valkey_version" in info else "Redis"
    return ServerFacts(
        name=_name(node),
        product=f"{kind} {info.get('valkey_version') or info['redis_version']}",
        # Valkey tells which Redis it stands for, 7.2.4.
        version=_version(str(info["redis_version"])),
        role=str(info["role"]),
        is_loading=bool(info["loading"]),
        appendonly=config["appendonly"] or ("yes" if info["aof_enabled"] else "no"),
        appendfsync=config["appendfsync"],
        policy=config["maxmemory-policy"] or str(info.get("maxmemory_policy", "")),
        listpack_value=int(listpack) if listpack else None,
        used_memory=int(info["used_memory"]),
        maxmemory=int(info["maxmemory"]),
        machine_memory=int(info.get("total_system_memory", 0)),
        aof_write=str(info["aof_last_write_status"]),
        aof_rewrite=str(info["aof_last_bgrewrite_status"]),
        cluster_state=await _cluster_state(node) if is_clustered else "",
        replicas=int(info.get("connected_slaves", 0)),
        clock_ms=int(seconds) * 1000 + int(micros) // 1000,
        asked_ms=now,
    )


async def store(redis: Client, partitions: int, *, now: int) -> StoreFacts:
    """now: by the store's clock, ms."""
    kept = await redis.get(keys.PARTITIONS)
    backup = await redis.hget(keys.BACKUP, "at")
    return StoreFacts(
        kept_partitions=int(kept) if kept is not None else None,
        is_restoring=bool(await redis.exists(keys.RESTORING)),
        backup_ms=int(backup) if backup is not None else None,
        partitions=[await _partition(redis, number, now) for number in range(partitions)],
        shops=await _shops(redis),
        deleting=await deletion.begun(redis),
    )


async def _partition(redis: Client, number: int, now: int) -> PartitionFacts:
    at = text(await redis.get(keys.checkpoint(number)) or b"0")
    log = keys.log(number)
    waiting = cast("list[Any]", await redis.xrange(log, f"({at}", count=1))
    due = cast("list[Any]", await redis.zrange(keys.due(number), 0, 0, withscores=True))
    try:
        last = text((await redis.xinfo_stream(log))["last-generated-id"])
    except ResponseError:  # no such key: nothing was ever logged
        last = "0"
    return PartitionFacts(
        number=number,
        is_owned=bool(await redis.exists(keys.lease(number))),
        checkpoint=at,
        last=last,
        entries=int(await redis.xlen(log)),
        unfolded_ms=max(0, now - int(text(waiting[0][0]).partition("-")[0])) if waiting else None,
        due_ms=now - int(due[0][1]) if due else 0,
        dead=int(await redis.xlen(keys.dead(number))),
    )


async def _shops(redis: Client) -> list[ShopFacts]:
    names = set(await documents.shops(redis))
    for node in await masters(redis):
        async for key in node.scan_iter(match=keys.secrets("*"), count=1000):
            found = re.fullmatch(r"\{shop:(.+)\}:secrets", text(key))
            if found:
                names.add(found[1])
    told = []
    for name in sorted(names):
        try:
            read = await documents.read_rest(redis, name)
        except documents.Unread as error:
            told.append(
                ShopFacts(name=name, has_document=True, subject="", unreadable=error.fault, is_served=False)
            )
            continue
        push = read.shop.push if read else None
        held = await secrets.provider_names(redis, name)
        told.append(
            ShopFacts(
                name=name,
                has_document=read is not None,
                subject=push.subject if push else "",
                unreadable="; ".join(fault.fault for fault in read.unread) if read else "",
                lacks=await _lacks(redis, read, held) if read else [],
            )
        )
    return told


async def _lacks(redis: Client, read: documents.Documents, held: Collection[str]) -> list[str]:
    """What keeps a shop's messages from leaving, and its ad audiences from being told."""
    journeys = [stored.document for stored in read.journeys.values()]
    lacks = lacking(read.shop, [each for each in journeys if isinstance(each, Journey)], held)
    for name, (why, _) in audiences.faults(await audiences.run(redis, read.shop.id)).items():
        if name in read.shop.ad_audiences or (not name and read.shop.ad_audiences):
            which = f"ad audience {name}" if name else "ad audiences"
            lacks.append(f"Meta refuses its {which}: {why} (docs/audiences.md)")
    return lacks


async def _setting(node: Client, name: str) -> str:
    try:
        answer = await node.config_get(name)
    except RedisError:  # refused by who hosts it: then we cannot know, and say so
        return ""
    return str(next(iter(answer.values()), ""))


async def _cluster_state(node: Client) -> str:
    answer = await node.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call]  # left bare
    return str(answer["cluster_state"]) if isinstance(answer, dict) else text(answer)


def _name(node: Client) -> str:
    given = node.connection_pool.connection_kwargs
    return str(given.get("path") or f"{given.get('host', 'localhost')}:{given.get('port', 6379)}")


def _version(told: str) -> tuple[int, int, int]:
    numbers = [int(part) for part in re.findall(r"\d+", told)[:3]]
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return major, minor, patch
