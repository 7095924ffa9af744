"""Records of children: what is ours is stopped, what is not is never touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from heimta.launch import lifeline


@pytest.fixture
def sleeper() -> object:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_is_stopped_and_the_record_goes(sleeper, data: Path) -> None:
    file = data / "run/edge.json"
    lifeline.write_record(file, sleeper.pid)
    assert lifeline.stop_leftover(file) is True
    assert sleeper.wait(timeout=30) < 0
    assert not file.exists()


def test_a_number_that_another_process_has_now_is_left_alone(sleeper, data: Path) -> None:
    file = data / "run/edge.json"
    lifeline.write_record(file, sleeper.pid)
    record = json.loads(file.read_text())
    file.write_text(json.dumps({**record, "identity": record["identity"] + "0"}))
    assert lifeline.stop_leftover(file) is False
    assert sleeper.poll() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x", "identity": "y"}'])
def test_a_torn_record_counts_as_none(text: str, data: Path) -> None:
    (data / "valkey.json").write_text(text)
    assert lifeline.read_record(data / "valkey.json") is None
    assert lifeline.stop_leftover(data / "valkey.json") is False


def test_a_process_that_ended_has_no_identity_even_as_a_zombie() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # ended, not yet collected
    assert lifeline.identity(ended.pid) is None
    ended.wait()


def test_a_child_whose_command_line_is_not_there_yet_is_waited_for(
    sleeper: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel shows a process in the instant after its start: a test run met it once in many."""
    known = lifeline.identity(sleeper.pid)
    assert known is not None
    told = iter(["boot 1 ", "boot 1 ", known])
    monkeypatch.setattr(lifeline, "identity", lambda pid: next(told, known))
    lifeline.write_record(tmp_path / "child.json", sleeper.pid)
    assert lifeline.read_record(tmp_path / "child.json") is not None
