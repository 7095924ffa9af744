"""A process that is there and does nothing any more ends by itself: not every supervisor would notice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from heimta.launch.valkey import embedded
from tests.ports import free_port

SERVER = Path(__file__).parents[2] / "server"
LIMIT_S = 60
START = """
import signal, sys, time
from heimta.operate import watchdog
from heimta.roles import ROLES
def hang(*args):
    time.sleep(600)
signal.signal(signal.SIGUSR1, hang)
watchdog.STUCK_S = 6.0
ROLES[sys.argv[1]]()
"""


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("role", ["edge", "console"])
def test_one_whose_loop_stood_still_for_long_ends_and_says_where(role: str, tmp_path: Path) -> None:
    with embedded(tmp_path / "store") as url:  # its own: what other tests left may be of other partitions
        _stand_still(role, url, tmp_path)


def _stand_still(role: str, url: str, data: Path) -> None:
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")}
    environ |= {"HEIMTA_REDIS_URL": url, "HEIMTA_DATA": str(data), "PYTHONPATH": str(SERVER)}
    environ |= {f"HEIMTA_{role.upper()}_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-c", START, role], env=environ, stderr=subprocess.PIPE
    ) as process:
        try:
            until = time.monotonic() + LIMIT_S
            while (
                not answers(f"http://127.0.0.1:{port}")
                and time.monotonic() < until
                and process.poll() is None
            ):
                time.sleep(0.1)
            time.sleep(7)  # while it answers, nothing happens
            assert process.poll() is None and answers(f"http://127.0.0.1:{port}")
            process.send_signal(signal.SIGUSR1)
            _, said = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == 1 and b"in hang" in said, said.decode()
