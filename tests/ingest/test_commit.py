"""Group commit: who waits for what, and what everyone is told when the log is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError

from heimta.ingest import commit as module
from heimta.ingest.commit import GROUP, GROUP_BYTES, INSIST, QUEUE, GroupCommit, Unavailable
from heimta.ingest.entry import Entry


class Ledger:
    """A log that does as told. gate: closed, groups wait at it. fault: raised instead of writing."""

    def __init__(self) -> None:
        self.groups: list[list[Entry]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.probes = 0
        self.slow_s = 0.0  # how long it takes to connect
        self.insisted: list[Entry] = []

    async def append(self, entries: list[Entry]) -> None:
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.groups.append(entries)

    async def insist(self, entries: list[Entry]) -> None:
        self.insisted += entries

    async def probe(self) -> None:
        self.probes += 1
        await asyncio.sleep(self.slow_s)
        if self.fault is not None:
            raise self.fault


def entry(name: int = 0, size: int = 2) -> Entry:
    return Entry(0, "demo", "batch", name, b"x" * size)


async def until(true: Callable[[], object], what: str) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"never: {what}")


@pytest.fixture
async def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate stays closed for as long as a busy machine needs; tests of the deadline set their own."""
    monkeypatch.setattr(module, "DEADLINE_S", 60.0)


@pytest.fixture
async def commit(ledger: Ledger) -> AsyncIterator[GroupCommit]:
    made = GroupCommit(ledger)
    made.start()
    yield made
    ledger.gate.set()
    await made.stop()


async def test_what_comes_while_a_group_is_under_way_is_the_next_group(
    ledger: Ledger, commit: GroupCommit
) -> None:
    ledger.gate.clear()
    first = asyncio.create_task(commit.append(entry(0)))
    await until(lambda: commit._flying, "the first is on its way")
    rest = [asyncio.create_task(commit.append(entry(n))) for n in range(1, 1 + GROUP + 5)]
    await until(lambda: commit.waiting() == GROUP + 5, "the others wait")
    assert not first.done()
    ledger.gate.set()
    await asyncio.gather(first, *rest)
    assert [len(group) for group in ledger.groups] == [1, GROUP, 5]
    assert [one.received for group in ledger.groups for one in group] == list(range(1 + GROUP + 5))


async def test_a_group_is_no_larger_than_one_round_trip_should_be(
    ledger: Ledger, commit: GroupCommit
) -> None:
    ledger.gate.clear()
    large = GROUP_BYTES // 3
    tasks = [asyncio.create_task(commit.append(entry(n, large))) for n in range(8)]
    await until(lambda: commit._flying and commit.waiting(), "they are queued")
    ledger.gate.set()
    await asyncio.gather(*tasks)
    assert sum(len(group) for group in ledger.groups) == 8
    assert max(len(group) for group in ledger.groups) <= 3


async def test_one_that_is_larger_than_a_group_goes_alone(ledger: Ledger, commit: GroupCommit) -> None:
    await commit.append(entry(0, GROUP_BYTES + 1))
    assert len(ledger.groups) == 1


async def test_a_browser_that_hangs_up_takes_nobody_with_it(ledger: Ledger, commit: GroupCommit) -> None:
    ledger.gate.clear()
    tasks = [asyncio.create_task(commit.append(entry(n))) for n in range(3)]
    await until(lambda: commit._flying, "they are on their way")
    tasks[1].cancel()
    ledger.gate.set()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in told] == [type(None), asyncio.CancelledError, type(None)]
    assert sum(len(group) for group in ledger.groups) == 3


async def test_when_a_group_fails_all_who_wait_are_told_at_once(ledger: Ledger, commit: GroupCommit) -> None:
    ledger.gate.clear()
    tasks = [asyncio.create_task(commit.append(entry(n))) for n in range(GROUP + 50)]
    await until(lambda: commit._flying and commit.waiting(), "one group is out, one waits")
    ledger.fault = RedisConnectionError("Connection closed by server.")
    ledger.gate.set()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in told)
    assert "Connection closed by server" in str(told[-1])


async def test_nobody_waits_for_a_log_that_is_known_to_be_away(ledger: Ledger, commit: GroupCommit) -> None:
    ledger.fault = ConnectionRefusedError("refused")
    with pytest.raises(Unavailable):
        await commit.append(entry())
    ledger.gate.clear()  # whoever got as far as the log would hang here
    with pytest.raises(Unavailable, match="refused"):
        await commit.append(entry())


async def test_a_log_that_is_back_is_used_again_by_itself(ledger: Ledger, commit: GroupCommit) -> None:
    ledger.fault = ConnectionRefusedError("refused")
    with pytest.raises(Unavailable):
        await commit.append(entry(1))
    await until(lambda: ledger.probes >= 2, "it was asked whether it is back")
    ledger.fault = None
    await until(lambda: not commit.away, "it is known to be back")
    await commit.append(entry(2))
    assert [one.received for group in ledger.groups for one in group] == [2]


async def test_a_log_to_which_it_takes_long_to_connect_is_back_all_the_same(
    ledger: Ledger, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another data centre with TLS: with the deadline of a group no connection ever came about."""
    monkeypatch.setattr(module, "DEADLINE_S", 0.05)
    ledger.slow_s = 0.3
    ledger.gate.clear()
    with pytest.raises(Unavailable):
        await commit.append(entry(1))
    ledger.gate.set()
    await until(lambda: not commit.away, "it is known to be back")
    await commit.append(entry(2))


async def test_a_log_that_does_not_answer_is_given_up_after_the_deadline(
    ledger: Ledger, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE_S", 0.05)
    ledger.gate.clear()
    with pytest.raises(Unavailable, match="TimeoutError"):
        await asyncio.wait_for(commit.append(entry()), 30)


async def test_a_full_queue_asks_to_come_back_and_empties_by_itself(
    ledger: Ledger, commit: GroupCommit
) -> None:
    ledger.gate.clear()
    tasks = [asyncio.create_task(commit.append(entry(0)))]
    await until(lambda: commit._flying, "the first is on its way")
    tasks += [asyncio.create_task(commit.append(entry(n))) for n in range(QUEUE)]
    await until(lambda: commit.waiting() == QUEUE, "the queue is full")
    with pytest.raises(Unavailable, match="full"):
        await commit.append(entry())
    ledger.gate.set()
    await asyncio.gather(*tasks)
    await commit.append(entry())
    assert sum(len(group) for group in ledger.groups) == QUEUE + 2


async def test_a_signed_order_has_a_place_where_the_queue_is_full(
    ledger: Ledger, commit: GroupCommit
) -> None:
    ledger.gate.clear()
    tasks = [asyncio.create_task(commit.append(entry(0)))]
    await until(lambda: commit._flying, "the first is on its way")
    tasks += [asyncio.create_task(commit.append(entry(n))) for n in range(QUEUE)]
    tasks += [asyncio.create_task(commit.append(entry(n), insists=True)) for n in range(INSIST - QUEUE)]
    await until(lambda: commit.waiting() == INSIST, "they wait too")
    for insists in (False, True):
        with pytest.raises(Unavailable, match="full"):
            await commit.append(entry(), insists=insists)
    ledger.gate.set()
    await asyncio.gather(*tasks)


async def test_stopping_waits_for_what_is_under_way(ledger: Ledger) -> None:
    commit = GroupCommit(ledger)
    commit.start()
    ledger.gate.clear()
    tasks = [asyncio.create_task(commit.append(entry(n))) for n in range(5)]
    await until(lambda: commit._flying, "they are on their way")
    stopping = asyncio.create_task(commit.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    ledger.gate.set()
    await asyncio.gather(stopping, *tasks)


async def test_a_bug_ends_its_own_group_and_no_other(ledger: Ledger, commit: GroupCommit) -> None:
    ledger.fault = KeyError("bug")
    with pytest.raises(Unavailable, match="fault of ours"):
        await commit.append(entry(1))
    ledger.fault = None
    await commit.append(entry(2))
    assert [one.received for group in ledger.groups for one in group] == [2]


async def test_only_where_memory_is_full_an_order_is_insisted_on(ledger: Ledger, commit: GroupCommit) -> None:
    ledger.fault = OutOfMemoryError("command not allowed when used memory > 'maxmemory'")
    with pytest.raises(Unavailable):
        await commit.append(entry(1))
    await commit.append(entry(2), insists=True)
    assert [one.received for one in ledger.insisted] == [2]
    ledger.fault = RedisConnectionError("refused")
    await until(lambda: "refused" in commit.away, "another fault")
    with pytest.raises(Unavailable):
        await commit.append(entry(3), insists=True)
    assert [one.received for one in ledger.insisted] == [2]


async def test_who_does_not_wait_is_told_once_how_it_ended(ledger: Ledger, commit: GroupCommit) -> None:
    told: list[Unavailable | None] = []
    ledger.gate.clear()
    commit.submit(entry(1), told.append)
    await until(lambda: commit._flying, "it is on its way")
    assert told == []
    ledger.gate.set()
    await until(lambda: told, "it was told")
    ledger.fault = ConnectionRefusedError("refused")
    commit.submit(entry(2), told.append)
    await until(lambda: len(told) == 2, "it was told of the failure")
    assert told[0] is None and isinstance(told[1], Unavailable) and "refused" in str(told[1])
    with pytest.raises(Unavailable, match="refused"):
        commit.submit(entry(3), told.append)
    assert len(told) == 2


async def test_a_bug_of_one_who_is_told_is_nobody_elses(ledger: Ledger, commit: GroupCommit) -> None:
    def bug(fault: Unavailable | None) -> None:
        raise KeyError("bug")

    ledger.gate.clear()
    tasks = [asyncio.create_task(commit.append(entry(0)))]
    await until(lambda: commit._flying, "the first is on its way")
    commit.submit(entry(1), bug)
    tasks += [asyncio.create_task(commit.append(entry(n))) for n in (2, 3)]
    await until(lambda: commit.waiting() == 3, "the others wait for a group of their own")
    ledger.gate.set()
    await asyncio.gather(*tasks)
    assert [[one.received for one in group] for group in ledger.groups] == [[0], [1, 2, 3]]
    await commit.append(entry(4))
