"""A backup of `heimta serve`, and the way back into its embedded store: by the commands as they are typed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from heimta.launch.valkey import embedded
from heimta.store import documents
from heimta.store.connect import connect
from tests.launch.processes import SERVER, eventually, kill
from tests.ports import free_port

NAMES = ("EDGE", "CONSOLE", "WORKER")


class Machine:
    """One data folder, short enough for a socket's path, and the commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")}
        ports = {f"HEIMTA_{name}_PORT": str(free_port()) for name in NAMES}
        data = {"HEIMTA_DATA": str(folder / "data"), "PYTHONPATH": str(SERVER)}
        self.environ = {**clean, **ports, **data}

    def spawn(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "heimta", *args],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def heimta(self, *args: str, expect: int = 0) -> str:
        with self.spawn(*args) as child:
            told, _ = child.communicate(timeout=60)
        assert child.returncode == expect, told
        return told

    def shops(self) -> list[str]:
        """What the embedded store holds, with nothing else running."""

        async def look(url: str) -> list[str]:
            redis = connect(url)
            try:
                return await documents.shops(redis)
            finally:
                await redis.aclose()

        with embedded(self.folder / "data") as url:
            return asyncio.run(look(url))


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="h-"))
    yield Machine(folder)
    shutil.rmtree(folder)


def test_what_heimta_serve_had_is_restored_once_it_is_stopped(machine: Machine) -> None:
    file = str(machine.folder / "b")
    serve = machine.spawn("serve")
    try:
        assert serve.stdout is not None and "Heimta serves." in serve.stdout.readline()
        machine.heimta("shop", "create", "kept")
        machine.heimta("backup", file)
        machine.heimta("shop", "create", "later")
        assert "or all of `heimta serve`" in machine.heimta("restore", "--force", file, expect=1)
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(30) == 0
    finally:
        kill(serve)
    assert "--force" in machine.heimta("restore", file, expect=1)
    told = machine.heimta("restore", "--force", file)
    assert f"the embedded one of {machine.folder / 'data'} (HEIMTA_DATA) is started" in told
    assert machine.shops() == ["kept"]


def test_a_new_machine_needs_nothing_but_the_file(machine: Machine) -> None:
    with embedded(machine.folder / "data"):
        machine.heimta("shop", "create", "kept")
        machine.heimta("backup", str(machine.folder / "b"))
    shutil.rmtree(machine.folder / "data")
    machine.heimta("restore", str(machine.folder / "b"))
    record = machine.folder / "data/run/valkey.json"
    assert eventually(lambda: not record.exists()), "nothing is left running"
    assert machine.shops() == ["kept"]


def test_a_folder_of_another_user_is_left_alone(machine: Machine) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    with embedded(machine.folder / "data"):
        machine.heimta("backup", str(machine.folder / "b"))
    os.chown(machine.folder / "data", 10001, 10001)
    told = machine.heimta("restore", str(machine.folder / "b"), expect=1)
    assert "belongs to user 10001 and this is user 0" in told


def test_a_command_that_finds_no_store_names_the_folder_it_looked_at(machine: Machine) -> None:
    for told in (machine.heimta("shop", "list", expect=1), machine.heimta("doctor", expect=1)):
        assert f"this user reaches none on {machine.folder / 'data'} (HEIMTA_DATA)" in told


def test_a_backup_that_cannot_be_written_names_the_folder_and_the_user(machine: Machine) -> None:
    with embedded(machine.folder / "data"):
        told = machine.heimta("backup", "/proc/b", expect=1)
    assert "no backup was written: /proc/.b.part:" in told and f"user {os.getuid()} must be able" in told


def test_a_second_worker_on_a_machine_is_told_which_setting_to_change(machine: Machine) -> None:
    with embedded(machine.folder / "data"):
        first = machine.spawn("worker")
        try:
            port = machine.environ["HEIMTA_WORKER_PORT"]
            health = [sys.executable, "-m", "heimta.launch.health", port]
            assert eventually(lambda: subprocess.run(health, env=machine.environ).returncode == 0)
            told = machine.heimta("worker", expect=1)
        finally:
            kill(first)
    assert f"HEIMTA_WORKER_PORT is {port}, but another program uses it; each process" in told
