"""Each check of `heimta doctor` on its failing side: on a real Valkey where one can be brought to it."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from heimta.cli import cli
from heimta.commands.doctor import _machine as of_this_machine
from heimta.model.campaign import Offer
from heimta.model.checkup import PartitionFacts, ServerFacts
from heimta.model.providers import Email
from heimta.operate import doctor, machine
from heimta.operate.doctor import Finding
from heimta.settings import load
from heimta.store import ceilings, checkup, coupons, documents, keys
from heimta.store.connect import Client
from tests.ports import free_port
from tests.worker.shop import CAMPAIGN, JOURNEY, SHOP, T0

NOW = 1_763_800_000_000


async def facts(redis: Client, now: int = NOW) -> ServerFacts:
    return await checkup.server(redis, now=now)


async def store(redis: Client, *, now: int = NOW) -> dict[str, Finding]:
    told = await checkup.store(redis, 2, now=now)
    return {finding.check: finding for finding in doctor.judge_store(told, 2, now=now)}


@asynccontextmanager
async def config(redis: Client, name: str, value: str) -> AsyncIterator[None]:
    before = (await redis.config_get(name))[name]
    await redis.config_set(name, value)
    try:
        yield
    finally:
        await redis.config_set(name, before)


@pytest.mark.parametrize(
    ("name", "value", "check", "level"),
    [
        ("appendonly", "no", doctor.appendonly, "FAIL"),
        ("appendfsync", "no", doctor.appendfsync, "WARN"),
        ("maxmemory-policy", "allkeys-lru", doctor.eviction, "FAIL"),
        ("hash-max-listpack-value", "64", doctor.hashes, "WARN"),
        ("maxmemory", "1500000", doctor.memory, "FAIL"),
    ],
)
async def test_a_setting_of_the_store_that_loses_or_wastes_is_found(
    lone: Client, name: str, value: str, check: Callable[[ServerFacts], Finding], level: str
) -> None:
    await lone.set("ballast", "x" * 600_000)
    good = check(await facts(lone))
    assert good.level == "OK" and not good.mend
    async with config(lone, name, value):
        found = check(await facts(lone))
        assert found.level == level and found.mend, found


async def test_memory_is_held_against_its_limit_and_the_way_out_names_the_setting(lone: Client) -> None:
    told = replace(await facts(lone), used_memory=95 * 2**20, machine_memory=1000 * 2**20)
    free = doctor.memory(told)
    assert free.level == "OK" and "it has no limit of its own" in free.words
    full = doctor.memory(replace(told, maxmemory=100 * 2**20))
    assert full.level == "FAIL" and "95% of its limit of 100 MiB" in full.words
    assert "HEIMTA_MEMORY_MB" in full.mend


async def test_each_way_to_flush_says_what_it_promises(lone: Client) -> None:
    for value in ("everysec", "always"):
        async with config(lone, "appendfsync", value):
            assert doctor.PROMISE[value] in doctor.appendfsync(await facts(lone)).words


async def test_a_replica_is_found(lone: Client) -> None:
    await lone.replicaof("127.0.0.1", str(free_port()))
    try:
        found = doctor.role(await facts(lone))
        assert found.level == "FAIL" and "takes no writes" in found.words
    finally:
        await lone.replicaof("NO", "ONE")


async def test_what_a_test_cannot_bring_a_store_to_is_found_as_well(lone: Client) -> None:
    good = await facts(lone)
    bad: list[tuple[Callable[[ServerFacts], Finding], dict[str, Any], str]] = [
        (doctor.version, {"version": (6, 2, 14)}, "FAIL"),
        (doctor.role, {"is_loading": True}, "FAIL"),
        (doctor.disk_writes, {"aof_write": "err"}, "FAIL"),
        (doctor.disk_writes, {"aof_rewrite": "err"}, "WARN"),
        (doctor.clock, {"clock_ms": good.asked_ms + 5_000}, "WARN"),
        (doctor.clock, {"clock_ms": good.asked_ms - 120_000}, "FAIL"),
        (doctor.cluster, {"cluster_state": "fail"}, "FAIL"),
        (doctor.eviction, {"policy": ""}, "WARN"),
        (doctor.appendfsync, {"appendfsync": ""}, "WARN"),
        (doctor.memory, {"maxmemory": 0, "used_memory": 75, "machine_memory": 100}, "WARN"),
        (doctor.memory, {"maxmemory": 200, "used_memory": 5, "machine_memory": 100}, "WARN"),
    ]
    for check, changed, level in bad:
        found = check(replace(good, **changed))
        assert (found.level, bool(found.mend)) == (level, True), found


async def test_replicas_that_must_have_an_event_and_do_not_follow(lone: Client) -> None:
    """With HEIMTA_REDIS_WAIT_REPLICAS and none of them nothing is taken, though the store takes writes."""
    told = await facts(lone)
    assert doctor.replicas(told, 0).level == "OK"
    assert (found := doctor.replicas(told, 1)).level == "FAIL" and found.mend
    assert doctor.replicas(replace(told, replicas=1), 1).level == "OK"


async def test_the_clocks_are_compared(lone: Client) -> None:
    seconds, _ = await lone.time()
    assert doctor.clock(await facts(lone, int(seconds) * 1000)).level == "OK"
    assert doctor.clock(await facts(lone, 0)).level == "FAIL"


async def test_a_store_without_workers_and_shops(redis: Client) -> None:
    found = await store(redis)
    assert found["workers"].level == "FAIL" and "2 of 2 partitions" in found["workers"].words
    assert found["shops"].level == "WARN" and found["backup"].level == "WARN"
    for number in range(2):
        await redis.set(keys.lease(number), "1.x")
    assert (await store(redis))["workers"].level == "OK"


async def test_a_log_that_is_not_folded_and_timers_that_are_late(redis: Client) -> None:
    await redis.xadd(keys.log(1), {"d": "x"}, id=f"{NOW - 7_000}-0")
    await redis.zadd(keys.due(0), {"demo:v": NOW - 40_000})
    found = await store(redis)
    assert found["fold lag"].level == "WARN" and "7.0 s" in found["fold lag"].words
    assert found["due lag"].level == "WARN" and "40.0 s" in found["due lag"].words
    later = await store(redis, now=NOW + 3_600_000)
    assert later["fold lag"].level == later["due lag"].level == "FAIL"
    await redis.set(keys.checkpoint(1), f"{NOW - 7_000}-0")
    assert (await store(redis))["fold lag"].level == "OK"


async def test_states_that_are_ahead_of_their_log(redis: Client) -> None:
    await redis.set(keys.checkpoint(1), f"{NOW}-5")
    found = (await store(redis))["log"]
    assert found.level == "FAIL" and "partitions 1" in found.words


async def test_dead_letters(redis: Client) -> None:
    await redis.xadd(keys.dead(0), {"why": "x"})
    found = (await store(redis))["dead letters"]
    assert found.level == "WARN" and "heimta dead list" in found.mend


async def test_another_number_of_partitions_and_half_a_restore(redis: Client) -> None:
    await redis.set(keys.PARTITIONS, 16)
    await redis.set(keys.RESTORING, 1)
    found = await store(redis)
    assert found["partitions"].mend == "set HEIMTA_PARTITIONS to 16" and found["partitions"].level == "FAIL"
    assert found["store"].level == "FAIL"


async def test_an_old_backup(redis: Client) -> None:
    await redis.hset(keys.BACKUP, "at", NOW - 9 * 86_400_000)
    assert "9 days old" in (await store(redis))["backup"].words
    await redis.hset(keys.BACKUP, "at", NOW - 3_600_000)
    assert (await store(redis))["backup"].level == "OK"


async def test_shops_that_are_not_complete(redis: Client) -> None:
    await redis.hset(keys.secrets("bare"), "signing", "x")
    await documents.put(redis, replace(SHOP, push=None), now=T0)
    await documents.put(redis, JOURNEY, now=T0)
    found = await store(redis)
    assert found["shop bare"].level == "WARN" and "no document" in found["shop bare"].words
    told = found["shop demo"]
    assert told.level == "FAIL" and "sends by push and the shop's document has no `push`" in told.words


def test_addresses() -> None:
    for url, level in (
        ("http://127.0.0.1:8101", "OK"),
        ("https://e.example", "OK"),
        ("http://e.example", "FAIL"),
    ):
        assert machine.address("HEIMTA_EDGE_URL", url).level == level


def test_open_files() -> None:
    assert machine.open_files(8192, hard=4096).level == "WARN"
    assert machine.open_files(8192, hard=10_000).level == "OK"
    assert machine.open_files(8192, hard=resource.RLIM_INFINITY).level == "OK"


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.disk(tmp_path / "not" / "made", is_embedded=True).level == "OK"
    monkeypatch.setattr(machine, "DISK_FAIL", 1 << 62)
    assert machine.disk(tmp_path, is_embedded=True).level == "FAIL"
    assert machine.disk(tmp_path, is_embedded=False).level == "OK"


def test_a_server_that_is_not_there() -> None:
    assert machine.server("edge", "127.0.0.1", free_port(), must_run=True).level == "FAIL"
    assert machine.server("edge", "127.0.0.1", free_port(), must_run=False).level == "WARN"


def test_servers_on_every_address_are_asked_where_they_listen() -> None:
    """On `::` nobody hears who calls 127.0.0.1: the kernel keeps the two families apart."""
    for host, where in (("::", "[::1]:"), ("0.0.0.0", "127.0.0.1:"), ("127.0.0.2", "127.0.0.2:")):
        ports = {f"HEIMTA_{name}_PORT": str(free_port()) for name in ("EDGE", "WORKER", "CONSOLE")}
        told = {each.check: each.words for each in of_this_machine(load({"HEIMTA_HOST": host, **ports}))}
        assert f"at {where}" in told["edge"]


def test_bundles_that_were_not_built(tmp_path: Path) -> None:
    assert machine.bundles(tmp_path, "no manifest").level == "FAIL"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    for name in ("EDGE", "WORKER", "CONSOLE"):
        monkeypatch.setenv(f"HEIMTA_{name}_PORT", str(free_port()))
    yield CliRunner()


def test_the_command_tells_all_and_ends_with_one(
    run: CliRunner, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    told = run.invoke(cli, ["doctor", "--json"])
    assert told.exit_code == 1
    found = {row["check"]: row for row in json.loads(told.stdout)}
    assert found["reach store"]["level"] == "OK" and found["workers"]["level"] == "FAIL"
    assert all(row["mend"] for row in found.values() if row["level"] != "OK")
    text = run.invoke(cli, ["doctor"]).stdout
    assert re.search(r"^FAIL  workers: .*\n      -> start `heimta worker`", text, re.MULTILINE)
    assert re.search(r"^\d+ broken, \d+ to look at, \d+ well$", text, re.MULTILINE)


async def test_the_command_tells_of_coupons_that_live_offers_run_out_of(
    run: CliRunner, redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    offer = Offer("percent", 10, max_coupons=1)

    async def told(offer: Offer, *, live: bool) -> list[str]:
        await documents.put(redis, replace(CAMPAIGN, offer=offer, live=live), now=T0)
        rows = json.loads((await asyncio.to_thread(run.invoke, cli, ["doctor", "--json"])).stdout)
        return [row["level"] for row in rows if row["check"].startswith("coupons")]

    await documents.put(redis, SHOP, now=T0)
    reason = coupons.page_reasons("demo", "v" * 22, CAMPAIGN.id, offer, None)[0]
    await coupons.hand_out(redis, "demo", ["v" * 22], offer, reason, 16, now=T0)
    assert await told(offer, live=True) == ["WARN"]
    assert await told(offer, live=False) == ["OK"]
    assert await told(replace(offer, max_coupons=9), live=True) == ["OK"]


async def test_the_command_tells_of_a_shop_that_sends_far_more_than_usual(
    run: CliRunner, redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    now = time.time_ns() // 1_000_000

    async def told() -> dict[str, Any]:
        rows = json.loads((await asyncio.to_thread(run.invoke, cli, ["doctor", "--json"])).stdout)
        return {row["check"]: row for row in rows}

    email = Email("Demo <me@shop.is>", "127.0.0.1", port=free_port(), per_day=2000)
    await documents.put(redis, replace(SHOP, email=email), now=T0)
    for number in range(499):
        await ceilings.take(redis, "demo", "email", f"m{number}", most=2000, insists=False, now=now)
    assert (await told())["messages"]["level"] == "OK"
    await ceilings.take(redis, "demo", "email", "m", most=2000, insists=False, now=now)
    found = (await told())["email of demo"]
    assert found["level"] == "WARN" and "email.per_day" in found["mend"]
    assert found["words"] == "shop demo sent 500 of 2,000 within 24 hours, and none before"


async def test_the_command_goes_on_past_documents_that_cannot_be_read(
    run: CliRunner, redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    await documents.put(redis, SHOP, now=T0)
    await redis.hset(keys.documents("demo"), "journey:newer", b'{"document": {"kind": "newer"}}')
    rows = json.loads((await asyncio.to_thread(run.invoke, cli, ["doctor", "--json"])).stdout)
    found = {row["check"]: row for row in rows}
    assert found["shop demo"]["level"] == "FAIL" and "cannot be read" in found["shop demo"]["words"]
    assert "heimta dead replay --all --shop demo" in found["shop demo"]["mend"]
    assert "backup" in found and "bundles" in found


@pytest.mark.parametrize(
    ("url", "check", "words"),
    [
        ("redis://127.0.0.1:1", "reach store", "cannot be reached"),
        ("ftp://nowhere", "settings", "needs a scheme"),
        ("redis://h?ssl_cert_reqs=none", "reach store", "HEIMTA_REDIS_URL has an option that redis://"),
        ("redis+cluster://h:1?socket_timeout=soon", "reach store", "'socket_timeout' in connection URL"),
        ("redis+cluster://h:1/1", "reach store", "a cluster has one database"),
    ],
)
def test_the_command_says_what_it_cannot_reach(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch, url: str, check: str, words: str
) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", url)
    told = run.invoke(cli, ["doctor", "--json"])
    found = {row["check"]: row for row in json.loads(told.stdout)}
    assert told.exit_code == 1 and found[check]["level"] == "FAIL" and words in found[check]["words"]


def test_every_partition_is_judged() -> None:
    well = PartitionFacts(
        number=0, is_owned=True, checkpoint="5-1", last="5-1", entries=1, unfolded_ms=None, due_ms=-5, dead=0
    )
    for check in (doctor.owned, doctor.folded, doctor.fired, doctor.positions, doctor.dead):
        assert check([well, well]).level == "OK"
