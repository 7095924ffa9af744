"""A worker's name: of one living process at a time, and the next one's in its place."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.partition import LostLease, PartitionStore, Write
from heimta.worker.slot import Slot

HOLD = "import sys; from pathlib import Path; from heimta.worker.slot import Slot\n"
HOLD += "slot = Slot(Path(sys.argv[1])); print(slot.name, flush=True); sys.stdin.read()"


def test_a_name_is_held_by_one_and_the_next_one_has_it_again(tmp_path: Path) -> None:
    one, two = Slot(tmp_path), Slot(tmp_path)
    assert one.name != two.name and "/" not in one.name
    one.close()
    third = Slot(tmp_path)
    assert third.name == one.name
    third.close()
    two.close()


def test_the_name_of_a_killed_process_is_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        other = Slot(tmp_path)
        assert other.name != name
        process.kill()
    heir = Slot(tmp_path)
    assert heir.name == name
    heir.close()
    other.close()


def test_a_copied_folder_names_nobody(tmp_path: Path) -> None:
    one = Slot(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    two = Slot(tmp_path / "two")
    assert one.name != two.name
    one.close()
    two.close()


@pytest.mark.parametrize("text", ["", "half", "elsewhere:1:2 name", "\x00\xff"])
def test_a_file_that_was_not_written_here_is_written_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers" / "1").write_text(text)
    one = Slot(tmp_path)
    one.close()
    again = Slot(tmp_path)
    again.close()
    assert again.name == one.name != "name"


def test_a_folder_that_cannot_be_written_gives_a_name_for_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Slot(tmp_path / "file")
    assert one.name and one.name != Slot(tmp_path / "file").name
    one.close()


async def test_the_next_life_has_the_lease_at_once_and_is_told_of_the_crash(redis: Client) -> None:
    dead, heir = PartitionStore(redis, 0, "name/1"), PartitionStore(redis, 0, "name/2")
    stranger = PartitionStore(redis, 0, "other/1")
    first = await dead.acquire()
    assert await stranger.acquire() is None
    second = await heir.acquire()
    assert first is not None and second is not None
    assert (second.term, second.crashed) == (first.term + 1, True)
    with pytest.raises(LostLease):
        await dead.write(Write(checkpoint="1-0"), expected="0")
    await heir.write(Write(checkpoint="1-0"), expected="0")


async def test_two_living_workers_of_one_name_do_not_take_turns(redis: Client) -> None:
    """A disk without locks: the later one has it, and the earlier one waits like any other."""
    one, two = PartitionStore(redis, 0, "name/1"), PartitionStore(redis, 0, "name/2")
    assert await one.acquire() is not None
    assert await two.acquire() is not None
    assert await one.acquire() is None
    assert await two.acquire() is not None
    await two.release()
    assert await one.acquire() is not None


@pytest.mark.parametrize("held", ["7.nam/1", "7.name", "7.names/1", "nonsense", "7./1"])
async def test_a_lease_of_another_name_is_not_taken(redis: Client, held: str) -> None:
    await redis.set(keys.lease(0), held)
    assert await PartitionStore(redis, 0, "name/2").acquire() is None
    assert await PartitionStore(redis, 0, "no-name").acquire() is None
