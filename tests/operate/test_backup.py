"""A backup is of one instant a partition though Heimta runs; a restore checks it, then brings it back."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from heimta.cli import cli
from heimta.commands.common import CommandError
from heimta.edge.presence import Presence
from heimta.launch.valkey import embedded
from heimta.operate import archive
from heimta.operate.archive import BadArchive, Header, Record
from heimta.store import keys, revive, snapshot, workers
from heimta.store.connect import Client, connect
from heimta.store.partitions import HalfRestored, PartitionsChanged, settle

STEP = """
local n = redis.call('INCR', KEYS[1])
for i = 2, #KEYS do redis.call('SET', KEYS[i], n) end
return n
"""
HEADER = Header(archive.FORMAT, "0", 1, 2, "Valkey")


@pytest.fixture(autouse=True)
def _environ(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)
    monkeypatch.setenv("HEIMTA_PARTITIONS", "2")


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second store, on another machine as it were."""
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        yield url


@pytest.fixture
async def target(other: str) -> AsyncIterator[Client]:
    client = connect(other)
    yield client
    await client.aclose()


async def heimta(*args: str | Path) -> Result:
    """The command, on a thread: it runs a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, cli, [str(arg) for arg in args])


async def everything(redis: Client) -> dict[bytes, object]:
    """All that a store holds, as a client reads it."""
    found: dict[bytes, object] = {}
    for key in await redis.keys("*"):
        kind = await redis.type(key)
        value: object
        if kind == b"hash":
            value = await redis.hgetall(key)
        elif kind == b"zset":
            value = await redis.zrange(key, 0, -1, withscores=True)
        elif kind == b"set":
            value = await redis.smembers(key)
        elif kind == b"stream":
            value = (await redis.xrange(key), (await redis.xinfo_stream(key))["last-generated-id"])
        else:
            value = await redis.get(key)
        found[key] = (kind, value, await redis.pexpiretime(key.decode()))
    return found


async def fill(redis: Client) -> None:
    """Every kind of key there is, with bytes that are no text."""
    await redis.set(keys.PARTITIONS, 2)
    await redis.sadd(keys.SHOPS, "demo")
    await redis.hset(keys.documents("demo"), mapping={"shop:demo": b"{}\xff"})
    await redis.set(keys.revision("demo"), 7)
    await redis.hset(keys.secrets("demo"), mapping={"signing": "s"})
    await redis.hset(keys.user("a@b.example"), mapping={"hash": "argon"})
    await redis.set(keys.login("session"), "x", ex=100)
    for p in range(2):
        pipe = redis.pipeline(transaction=False)
        for n in range(700):
            pipe.set(keys.visitor(p, "demo", f"v{n}"), b"\x00\xff%d" % n, ex=keys.STATE_TTL_S)
        pipe.zadd(keys.due(p), {f"demo:v{n}": 1_700_000_000_000 + n for n in range(700)})
        pipe.hset(keys.outbox(p), mapping={"m1": b"{}"})
        pipe.hset(keys.lift(p, "demo", "exit"), mapping={"sum": "1e+25"})
        pipe.xadd(keys.relay(p), {"s": "demo", "d": b"\xff"})
        pipe.set(keys.lease(p), "1.other", px=1)
        for n in range(1, 1200):
            pipe.xadd(keys.log(p), {"s": "demo", "d": b"%d" % n}, id=f"{n}-1")
        pipe.set(keys.checkpoint(p), "1000-1")
        await pipe.execute()


async def test_a_restored_store_is_the_one_that_was_saved(
    redis: Client, target: Client, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(redis)
    made = await heimta("backup", tmp_path)
    assert made.exit_code == 0, made.output
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("HEIMTA_REDIS_URL", other)
    restored = await heimta("restore", file, "--send-missed")
    assert restored.exit_code == 0, restored.output
    wanted, found = await everything(redis), await everything(target)
    for p in range(2):  # of the log, what is not folded yet; leases and logins are nobody's any more
        rows, last = wanted[keys.log(p).encode()][1]  # type: ignore[index]
        wanted[keys.log(p).encode()] = (b"stream", (rows[1000:], last), -1)
        wanted.pop(keys.lease(p).encode(), None)
    del wanted[keys.login("session").encode()], wanted[keys.BACKUP.encode()]
    assert found == wanted


async def test_an_empty_log_goes_on_after_the_last_id_it_gave(
    redis: Client, target: Client, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a machine whose clock is behind gives ids that count as folded, and loses what it acknowledged."""
    future = "9999999999999-3"
    await redis.xadd(keys.log(0), {"d": "x"}, id=future)
    await redis.set(keys.checkpoint(0), future)
    await heimta("backup", tmp_path / "b")
    monkeypatch.setenv("HEIMTA_REDIS_URL", other)
    await heimta("restore", tmp_path / "b")
    assert await target.xlen(keys.log(0)) == 0
    assert await target.xadd(keys.log(0), {"d": "y"}) == b"9999999999999-4"


async def test_each_partition_is_of_one_instant_while_everything_changes(redis: Client) -> None:
    """Every step of this writer changes all keys at once, so any mixture of two instants shows."""
    together = [keys.checkpoint(0), *(keys.visitor(0, "demo", f"v{n}") for n in range(1500))]
    seen: set[bytes] = set()
    is_over = False

    async def write() -> None:
        step, number = redis.register_script(STEP), 0
        while not is_over:
            part = together[1 + number % 1400 :][:100]  # 100 states and the position
            number += 37
            await step(keys=[together[0], *part])
            await asyncio.sleep(0.002)

    await redis.register_script(STEP)(keys=together)
    writer = asyncio.create_task(write())
    try:
        for _ in range(5):
            held = {one.key: one.items[0] for one in await snapshot.partition(redis, 0)}
            at = held[keys.checkpoint(0).encode()]
            seen.add(at)
            newest = max(int(value) for key, value in held.items() if b":v:" in key)
            assert newest == int(at), "a state is from another instant than the position"
            assert len(held) == len(together)
    finally:
        is_over = True
        await writer
    assert len(seen) > 1, "nothing changed meanwhile: this test proves nothing"


async def test_a_writer_without_a_break_waits_a_moment(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look finds something new, until writers are asked to wait; and then they go on."""
    monkeypatch.setattr(snapshot, "ROUNDS", 5)
    writes, then, is_over, hush = 0, 0, False, snapshot._hush

    async def noted(*args: Any) -> bool:
        nonlocal then
        is_quiet = await hush(*args)
        then = writes
        return is_quiet

    monkeypatch.setattr(snapshot, "_hush", noted)

    async def write() -> None:
        nonlocal writes
        while not is_over:  # not cancelled: before Python 3.12 redis-py may not notice
            await redis.incr("{p00}:roll")
            writes += 1

    writer = asyncio.create_task(write())
    while not writes:
        await asyncio.sleep(0)
    (held,) = await snapshot.partition(redis, 0)
    async with asyncio.timeout(60):
        while writes < then + 10:
            await asyncio.sleep(0)
    is_over = True
    await writer
    assert abs(int(held.items[0]) - then) <= 1


async def test_a_partition_that_never_stands_still_is_said_so(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "ROUNDS", 3)

    async def always(changes: snapshot.Changes) -> set[bytes]:
        return {b"{p00}:roll"}

    monkeypatch.setattr(snapshot.Changes, "taken", always)
    with pytest.raises(snapshot.Busy, match="partition 0 never stood still"):
        await snapshot.partition(redis, 0)
    await redis.set("{p00}:roll", 1)  # and nobody waits for us any more


async def test_a_log_that_was_trimmed_meanwhile_is_said_so(redis: Client) -> None:
    for n in range(1, 5):
        await redis.xadd(keys.log(0), {"d": "x"}, id=f"{n}-0")
    first = await snapshot.first_after(redis, 0, "1-0")
    await redis.xtrim(keys.log(0), minid="3-0", approximate=False)
    with pytest.raises(snapshot.Busy, match="trimmed"):
        async for _ in snapshot.log(redis, 0, "1-0", first):
            pass


async def test_a_store_that_holds_something_is_left_alone(redis: Client, tmp_path: Path) -> None:
    await fill(redis)
    await heimta("backup", tmp_path / "b")
    await redis.set("{p00}:v:demo:new", "x")
    before = await everything(redis)
    refused = await heimta("restore", tmp_path / "b")
    assert isinstance(refused.exception, CommandError) and "--force" in str(refused.exception)
    assert await everything(redis) == before
    elses = ("somebody:elses", "user:42", "login:count", "tries:42", "wait:a")
    ours = (
        keys.user("b@b.example"),
        keys.login("f" * 64),
        keys.tries(f"a:{'f' * 32}"),
        keys.wait(f"i:{'f' * 32}"),
    )
    await redis.mset(dict.fromkeys([*elses, *ours], "kept"))
    assert (await heimta("restore", tmp_path / "b", "--force")).exit_code == 0
    assert await redis.mget(elses) == [b"kept"] * len(elses)
    assert await redis.mget(ours) == [None] * len(ours)
    assert await redis.exists("{p00}:v:demo:new") == 0


async def test_nothing_is_restored_under_a_running_worker(redis: Client, tmp_path: Path) -> None:
    await heimta("backup", tmp_path / "b")
    await redis.set(keys.lease(1), "5.somebody", px=60_000)
    refused = await heimta("restore", tmp_path / "b", "--force")
    assert isinstance(refused.exception, CommandError) and "a worker owns partitions 1" in str(
        refused.exception
    )


async def test_nothing_is_restored_under_a_running_edge(redis: Client, tmp_path: Path) -> None:
    await heimta("backup", tmp_path / "b")
    presence = Presence(redis)
    presence.start()
    async with asyncio.timeout(30):
        while not await redis.zcard(keys.EDGES):
            await asyncio.sleep(0.01)
    refused = await heimta("restore", tmp_path / "b", "--force")
    assert isinstance(refused.exception, CommandError) and "1 edge still running" in str(refused.exception)
    await presence.stop()
    assert (await heimta("restore", tmp_path / "b", "--force")).exit_code == 0


async def test_an_edge_that_crashed_holds_no_restore_up_for_long(redis: Client, tmp_path: Path) -> None:
    await heimta("backup", tmp_path / "b")
    await workers.beat(redis, "crashed", among=keys.EDGES)
    await redis.zincrby(keys.EDGES, -keys.WORKER_MS - 2000, "crashed")
    assert (await heimta("restore", tmp_path / "b", "--force")).exit_code == 0


async def test_another_number_of_partitions_is_refused(
    redis: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await heimta("backup", tmp_path / "b")
    monkeypatch.setenv("HEIMTA_PARTITIONS", "3")
    refused = await heimta("restore", tmp_path / "b")
    assert "set it to 2" in str(refused.exception)


async def test_a_backup_with_another_number_of_partitions_is_refused(
    redis: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a shell that lacks the service's settings: half of the visitors would be missing from it."""
    await fill(redis)
    monkeypatch.setenv("HEIMTA_PARTITIONS", "1")
    refused = await heimta("backup", tmp_path / "b")
    assert isinstance(refused.exception, PartitionsChanged) and "set it to 2" in str(refused.exception)
    await revive.begin(redis, 1)
    assert isinstance((await heimta("backup", tmp_path / "b")).exception, HalfRestored)
    assert not os.listdir(tmp_path)


async def test_a_full_store_is_backed_up_and_looked_at_all_the_same(
    lone: Client, lone_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", lone_url)
    await fill(lone)
    await lone.config_set("maxmemory", "1mb")
    try:
        made = await heimta("backup", tmp_path / "b")
        looked = await heimta("dead", "list")
    finally:
        await lone.config_set("maxmemory", "0")
    assert made.exit_code == 0 and "will not know of this backup: the store's memory is full" in made.stderr
    assert archive.verify(tmp_path / "b")[1].visitors == 1400
    assert looked.exit_code == 0 and "no dead letters" in looked.stdout
    assert await lone.exists(keys.BACKUP) == 0


async def test_nothing_starts_on_half_a_store(redis: Client) -> None:
    await revive.begin(redis, 2)
    with pytest.raises(HalfRestored, match="restore --force"):
        await settle(redis, 2)
    await revive.end(redis, hold=0)
    await settle(redis, 2)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(FileExistsError), archive.writing(tmp_path / "b", HEADER):
        pass
    assert (tmp_path / "b").read_text() == "mine" and os.listdir(tmp_path) == ["b"]


def test_what_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), archive.writing(tmp_path / "b", HEADER):
        raise KeyError
    assert not os.listdir(tmp_path)


def _file(tmp_path: Path) -> Path:
    file = tmp_path / "b"
    with archive.writing(file, HEADER) as out:
        for n in range(1200):
            out.put(Record(b"{p00}:v:demo:%d" % n, "string", 0, [os.urandom(40)]))
        out.finish(2)
    return file


@pytest.mark.parametrize("where", [0.0, 0.01, 0.3, 0.6, 0.99])
def test_a_damaged_file_is_refused_as_a_whole(tmp_path: Path, where: float) -> None:
    file = _file(tmp_path)
    assert archive.verify(file)[1].visitors == 1200
    whole = bytearray(file.read_bytes())
    whole[int(len(whole) * where)] ^= 0xFF
    file.write_bytes(whole)
    with pytest.raises((BadArchive, OSError)):
        archive.verify(file)
    file.write_bytes(bytes(whole[: int(len(whole) * where)]))
    with pytest.raises(BadArchive):
        archive.verify(file)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_changed_inside_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = _file(tmp_path_factory.mktemp("archive"))
    inside = bytearray(gzip.decompress(file.read_bytes()))
    for place in data.draw(st.lists(st.integers(0, len(inside) - 1), min_size=1, max_size=4, unique=True)):
        inside[place] ^= data.draw(st.integers(1, 255))
    file.write_bytes(gzip.compress(bytes(inside), 1))
    with pytest.raises(BadArchive):
        archive.verify(file)


def test_what_was_changed_and_packed_again_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path)
    inside = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(inside.replace(b"{p00}:v:demo:77", b"{p00}:v:demo:78")))
    with pytest.raises(BadArchive, match="checksum"):
        archive.verify(file)
    file.write_bytes(gzip.compress(re.sub(rb'"heimta_backup":1', b'"heimta_backup":9', inside)))
    with pytest.raises(BadArchive, match="format 9"):
        archive.verify(file)
