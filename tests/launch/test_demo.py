"""`heimta demo`, whole: four addresses, kept data, and no process left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from heimta.launch import lifeline
from tests.launch.processes import SERVER, eventually, kill
from tests.ports import free_port

ROLES = ("shop", "edge", "console", "worker")


@pytest.fixture
def environ(data: Path) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")}
    for role in ROLES:
        found[f"HEIMTA_{role.upper()}_PORT"] = str(free_port())
    return {**found, "HEIMTA_DATA": str(data), "PYTHONPATH": str(SERVER), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def demo(environ: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        kill(process)


def start(environ: dict[str, str], started: list[subprocess.Popen[str]]) -> str:
    """Start a demo and return what it printed until it said that it runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "heimta", "demo"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    started.append(process)
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C stops it" in line:
            return said
    raise AssertionError(f"the demo ended with {process.wait()}: {said}")


def pids(data: Path) -> list[int]:
    return [json.loads(file.read_text())["pid"] for file in (data / "run").glob("*.json")]


def status(environ: dict[str, str], role: str, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{environ[f'HEIMTA_{role.upper()}_PORT']}{path}") as answer:
        return int(answer.status)


@pytest.mark.slow
def test_it_starts_stops_survives_kill_9_and_starts_again(
    data: Path, environ: dict[str, str], demo: list[subprocess.Popen[str]]
) -> None:
    said = start(environ, demo)
    for role in ROLES:
        assert f":{environ[f'HEIMTA_{role.upper()}_PORT']}" in said
    password = (data / "demo-password").read_text().strip()
    assert f"demo@heimta.test   password {password}" in said
    assert {status(environ, role, "/healthz") for role in ROLES} == {200}
    assert status(environ, "edge", "/s/demo.js") == 200
    assert len(pids(data)) == 5

    second = subprocess.run(
        [sys.executable, "-m", "heimta", "demo"], env=environ, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"another Heimta (process {demo[0].pid}) already runs on {data}" in second.stderr

    left = pids(data)
    kill(demo.pop())
    assert eventually(lambda: all(lifeline.identity(pid) is None for pid in left))

    began = time.monotonic()
    said = start(environ, demo)
    assert time.monotonic() - began < 120  # hangs only: `make time-demo` measures the start against its bar
    assert password in said

    left = pids(data)
    demo[0].send_signal(signal.SIGINT)
    assert demo[0].wait(timeout=20) == 0
    assert all(lifeline.identity(pid) is None for pid in left)
    assert pids(data) == []


@pytest.mark.slow
def test_ctrl_c_while_it_starts_leaves_nothing_either(
    data: Path, environ: dict[str, str], demo: list[subprocess.Popen[str]]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "heimta", "demo"], env=environ, stdout=subprocess.PIPE, text=True
    )
    demo.append(process)
    assert eventually(lambda: len(pids(data)) >= 3, within_s=60)
    left = pids(data)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert all(lifeline.identity(pid) is None for pid in left)
