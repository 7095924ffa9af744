"""SIGTERM: what is in hand is finished, the leases are given back, and the process ends with 0 in time.

Also while the store is stopped or gone. Real processes, as an operator starts them; real requests on the way.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from heimta.launch import lifeline
from heimta.launch.valkey import Valkey, running
from heimta.store import documents, keys, secrets
from heimta.store.connect import connect
from heimta.store.secrets import Secrets
from tests.launch.processes import eventually
from tests.stack import Stack
from tests.worker.shop import SHOP, T0, batch

LIMIT_S = 20
PARTITIONS = 4
ROLES = ("edge", "worker", "console")


class Rig(Stack):
    """Edge, worker and console, as three processes or under `heimta serve`, and a shop to send batches to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "", {"HEIMTA_LOG": "json", "HEIMTA_PARTITIONS": str(PARTITIONS)})
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.store_pid = 0

    def up(self, url: str) -> None:
        """On a store that is there already."""
        self.redis_url = self.environ["HEIMTA_REDIS_URL"] = url
        self.running = {role: self.spawn(role) for role in ROLES}
        self._ready()

    def serve(self) -> None:
        """With a store of its own."""
        del self.environ["HEIMTA_REDIS_URL"]
        self.running = {"serve": self.spawn("serve")}
        assert eventually(lambda: running(self.folder) is not None, within_s=40)
        self.redis_url = running(self.folder) or ""
        self._ready()

    def _ready(self) -> None:
        with self.client() as client:
            self.store_pid = int(client.info("server")["process_id"])
            asyncio.run(_install(self.redis_url))
            for url in (self.edge_url, self.worker_url, self.console_url):
                self.wait(f"{url}/readyz")
            self.wait(f"{self.edge_url}/s/demo.js")
            assert eventually(lambda: owners(client) == PARTITIONS, within_s=20)

    @contextmanager
    def client(self) -> Iterator[redis.Redis]:
        client = redis.Redis.from_url(self.redis_url)
        yield client
        client.close()

    def end(self) -> dict[str, int]:
        """SIGTERM to all at once. Exit codes by role; the test fails for one that takes too long."""
        began = time.monotonic()
        for child in self.running.values():
            child.terminate()
        codes = {role: child.wait(LIMIT_S) for role, child in self.running.items()}
        assert time.monotonic() - began < LIMIT_S
        return codes

    def lines(self, role: str) -> list[dict[str, object]]:
        """A role's log: each line must be an object."""
        served = self.folder / "logs" / f"{role}.log"
        file = served if served.exists() else self.folder / f"{role}.log"
        return [json.loads(line) for line in file.read_text().splitlines()]


async def _install(url: str) -> None:
    client = connect(url)
    await documents.put(client, SHOP, now=T0)
    await secrets.create(client, SHOP.id, Secrets("w" * 43, "s" * 43, "", ""))
    await client.aclose()


def owners(client: redis.Redis) -> int:
    return sum(bool(client.exists(keys.lease(number))) for number in range(PARTITIONS))


def logged(client: redis.Redis) -> int:
    return sum(int(client.xlen(keys.log(number))) for number in range(PARTITIONS))


@pytest.fixture
def rig() -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="hs", ignore_cleanup_errors=True) as name:
        rig = Rig(Path(name))
        yield rig
        rig.stop()


@pytest.fixture
def store() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="hv") as name:
        store = Valkey(Path(name))
        store.start()
        yield store
        store.stop()


class Shoppers:
    """Batches without end from a few connections; knows what was acknowledged."""

    def __init__(self, rig: Rig, count: int = 4) -> None:
        self.acknowledged = 0
        self.refused = 0
        self.cut = 0
        self._rig = rig
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._shop, args=(n,)) for n in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        assert eventually(lambda: self.acknowledged > 20, within_s=20)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _shop(self, number: int) -> None:
        n = 0
        while True:
            n += 1
            try:
                told = self._rig.post(f"{self._rig.edge_url}/s/demo", page_viewed(number, n), {})
            except urllib.error.HTTPError as refused:
                assert refused.code == 503, refused
                self.refused += 1
            except OSError:  # the door is closed
                self.cut += 1
                return
            else:
                assert told["ok"] == 1
                with self._lock:
                    self.acknowledged += 1


def page_viewed(shopper: int, n: int) -> bytes:
    now = time.time_ns() // 1_000_000
    vid, src = f"{shopper:022d}", f"{shopper:011d}"
    return batch(("page_viewed", now, {}), vid=vid, src=src, first=n)


def strange_paths(rig: Rig) -> None:
    """What a scanner sends: bytes that would break a line, a terminal or a reader of JSON."""
    port = int(rig.edge_url.rpartition(":")[2])
    for path in ("/s/a%0A%22%7D%0d", "/r/%1b[2J", "/s/%ff%00.js", "/s/\x7f\x9b", "/u/" + "a" * 5000):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            head = f"GET {path} HTTP/1.1\r\nhost: x\r\nuser-agent: \x1b]0;x\x07\r\nconnection: close\r\n\r\n"
            line.sendall(head.encode("latin-1"))
            while line.recv(65536):
                pass


def assert_few_lines(rig: Rig, refused: int) -> None:
    """An outage is not a line a request, and each process said that it ended as it should."""
    for role in ROLES:
        lines = rig.lines(role)
        assert len(lines) < 60, f"{role}: {len(lines)} lines for {refused} refused batches"
        assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
        assert lines[-1]["event"] == "stopped"


@pytest.mark.slow
def test_what_was_acknowledged_is_there_and_every_lease_is_given_back(rig: Rig, store: Valkey) -> None:
    rig.up(store.url)
    shoppers = Shoppers(rig)
    shoppers.start()
    assert rig.end() == dict.fromkeys(ROLES, 0)
    shoppers.join()
    with rig.client() as client:
        assert logged(client) >= shoppers.acknowledged > 20
        assert owners(client) == 0
    assert_few_lines(rig, shoppers.refused)


@pytest.mark.slow
def test_all_end_in_time_though_the_store_is_gone(rig: Rig, store: Valkey) -> None:
    rig.up(store.url)
    shoppers = Shoppers(rig)
    shoppers.start()
    os.kill(rig.store_pid, signal.SIGKILL)
    assert eventually(lambda: shoppers.refused > 0, within_s=20)
    strange_paths(rig)
    assert rig.end() == dict.fromkeys(ROLES, 0)
    shoppers.join()
    assert_few_lines(rig, shoppers.refused)


@pytest.mark.slow
def test_serve_ends_in_time_with_all_its_children_though_its_store_is_stopped(rig: Rig) -> None:
    rig.serve()
    shoppers = Shoppers(rig)
    shoppers.start()
    records = {file.stem: json.loads(file.read_text()) for file in rig.folder.glob("run/*.json")}
    assert set(records) == {*ROLES, "valkey"}
    os.kill(rig.store_pid, signal.SIGSTOP)
    assert eventually(lambda: shoppers.refused > 0, within_s=20)
    assert rig.end() == {"serve": 0}
    shoppers.join()
    assert not [who for who, record in records.items() if lifeline.identity(int(record["pid"]))]
    assert_few_lines(rig, shoppers.refused)
