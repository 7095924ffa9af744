"""`make bench-ingest`: what a durable batch costs beside a server that stores nothing.

Every server is a process on one core; wrk and the stores share another. Samples are interleaved, round by
round, so that whatever else the machine does falls on all of them. The figure is the server's CPU time a
request, from the kernel's own account: it barely moves under foreign load, where requests a second do.
Ratios are paired by round.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import redis as sync_redis
from msgspec import Struct

from heimta.launch.valkey import Valkey
from heimta.store import keys
from loadtest.ingest import load
from loadtest.ingest.shop import install
from loadtest.verdict import Verdict, conclude

SERVER_CORE, LOAD_CORE = 0, 1
UNIT = "starlette"
CONNECTIONS, THINKERS = 64, 128
FIGURES = {"heimta": 0.80, "heimta-always": 0.65}  # of the unit's requests a CPU second
P99_BAR, PIPELINE_BAR = 2.5, 2.5
TOLD = {
    "uvicorn": "uvicorn alone, stores nothing",
    UNIT: "Starlette route answering 204, stores nothing (= 1)",
    "first": "what one writes first: await XADD, HSET, EXPIRE",
    "pipeline": "one pipeline a request",
    "heimta": "Heimta, everysec: validated, durable before the 2xx",
    "heimta-always": "Heimta, appendfsync always",
}


class Server(Struct):
    name: str
    process: subprocess.Popen[bytes]
    port: int

    def cpu_ns(self) -> int:
        """CPU time of all its threads so far (proc(5), schedstat: the first number, ns)."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


class Sample(Struct, frozen=True):
    cpu_us: float  # a request
    load: load.Load

    @property
    def rate(self) -> float:
        return self.load.requests / self.load.seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(TOLD), help="designs, by commas")
    asked = parser.parse_args()
    names = [name for name in TOLD if name in asked.only.split(",")]
    bodies = load.make_bodies(asked.seed)
    with ExitStack() as end:
        stores = {policy: end.enter_context(_store(policy)) for policy in ("everysec", "always")}
        servers = [end.enter_context(_server(name, stores[_policy(name)])) for name in names]

        def sample(server: Server, seconds: int, connections: int, think_ms: int, turn: int) -> Sample:
            before = server.cpu_ns()
            seen = load.run(
                server.port,
                bodies,
                seconds=seconds,
                connections=connections,
                think_ms=think_ms,
                seed=asked.seed + turn,
                core=LOAD_CORE,
            )
            spent = server.cpu_ns() - before
            if seen.refused or seen.broken or not seen.requests:
                raise SystemExit(
                    f"{server.name}: {seen.refused} refused, {seen.broken} broken: no comparison"
                )
            _empty(stores[_policy(server.name)])
            return Sample(spent / 1000 / seen.requests, seen)

        for server in servers:
            sample(server, 1, CONNECTIONS, 0, 0)
        full: dict[str, list[Sample]] = {name: [] for name in names}
        for turn in range(asked.rounds):
            shift = turn % len(servers)
            for server in servers[shift:] + servers[:shift]:
                full[server.name].append(sample(server, asked.seconds, CONNECTIONS, 0, turn))
            print(f"round {turn + 1} of {asked.rounds}", flush=True)
        half: dict[str, list[Sample]] = {}
        thinking = [server for server in servers if server.name in (UNIT, "heimta", "heimta-always")]
        for turn in range(asked.rounds):
            for server in thinking if turn % 2 else thinking[::-1]:
                rate = median(one.rate for one in full[server.name]) / 2
                think_ms = max(1, round(THINKERS / rate * 1000))
                one = sample(server, asked.seconds, THINKERS, think_ms, turn)
                half.setdefault(server.name, []).append(one)
    _report(full, half)
    return conclude(_verdicts(full, half))


def edge_rate(seconds: int = 5, seed: int = 1) -> float:
    """Batches a second that one edge on one core takes from clients that never wait."""
    bodies = load.make_bodies(seed)
    with _store("everysec") as url, _server("heimta", url) as server:
        told = [
            load.run(
                server.port,
                bodies,
                seconds=length,
                connections=CONNECTIONS,
                think_ms=0,
                seed=seed,
                core=LOAD_CORE,
            )
            for length in (1, seconds)  # the first warms
        ]
    if told[-1].refused or told[-1].broken:
        raise SystemExit(f"{told[-1].refused} refused, {told[-1].broken} broken: no rate")
    return told[-1].requests / told[-1].seconds


def _policy(name: str) -> str:
    return "always" if name.endswith("-always") else "everysec"


@contextmanager
def _store(policy: str) -> Iterator[str]:
    """A real store on the load's core; yields its address."""
    with tempfile.TemporaryDirectory(prefix="hb") as folder:
        store = Valkey(Path(folder))
        store.start()
        try:
            assert store.process is not None
            os.sched_setaffinity(store.process.pid, {LOAD_CORE})
            with sync_redis.Redis.from_url(store.url) as client:
                client.config_set("appendfsync", policy)
            install(store.url, "bench", load.ORIGIN)
            yield store.url
        finally:
            store.stop()


def _empty(url: str) -> None:
    """Forget what a sample wrote, so that the next begins with the same store."""
    partitions = 16
    with sync_redis.Redis.from_url(url) as client:
        client.unlink(*[keys.log(p) for p in range(partitions)])
    with sync_redis.Redis.from_url(url, db=1) as client:
        client.flushdb(asynchronous=True)


@contextmanager
def _server(name: str, url: str) -> Iterator[Server]:
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listening.set_inheritable(True)
    design = name.removesuffix("-always")
    own = url if design == "heimta" else f"{url}?db=1"
    command = [sys.executable, "-m", "loadtest.ingest.designs", design, own]
    command += [str(listening.fileno()), str(SERVER_CORE)]
    process = subprocess.Popen(command, pass_fds=[listening.fileno()])
    port = int(listening.getsockname()[1])
    try:
        _wait(port)
        yield Server(name, process, port)
    finally:
        process.terminate()
        process.wait(20)
        listening.close()


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            client.settimeout(5)
            try:
                if client.recv(12).startswith(b"HTTP/1.1"):
                    return
            except TimeoutError:
                continue
    raise SystemExit("a server did not start")


def _ratios(samples: dict[str, list[Sample]], name: str, over: str) -> list[float]:
    """CPU a request of `over` divided by that of `name`, round by round: its capacity relative to `over`."""
    return [base.cpu_us / own.cpu_us for base, own in zip(samples[over], samples[name], strict=True)]


def _report(full: dict[str, list[Sample]], half: dict[str, list[Sample]]) -> None:
    print(f"\nPython {platform.python_version()}, {platform.machine()}, one core for the server\n")
    print(
        "| server | CPU µs/request | capacity: median (least, most) | best requests/s | p50 / p99 ms, full |"
    )
    print("|---|---|---|---|---|")
    for name, samples in full.items():
        ratios = _ratios(full, name, UNIT)
        p50, p99 = (median(getattr(one.load, key) for one in samples) / 1000 for key in ("p50", "p99"))
        print(
            f"| {TOLD[name]} | {median(one.cpu_us for one in samples):.1f} "
            f"| {median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f}) "
            f"| {max(one.rate for one in samples):,.0f} | {p50:.1f} / {p99:.1f} |"
        )
    print("\n| at half its own rate | requests/s | p50 / p99 / p99.9 ms |\n|---|---|---|")
    for name, samples in half.items():
        told = [median(getattr(one.load, key) for one in samples) / 1000 for key in ("p50", "p99", "p999")]
        print(
            f"| {TOLD[name]} | {median(one.rate for one in samples):,.0f} "
            f"| {told[0]:.2f} / {told[1]:.2f} / {told[2]:.2f} |"
        )
    print()


def _verdicts(full: dict[str, list[Sample]], half: dict[str, list[Sample]]) -> list[Verdict]:
    told = [
        Verdict(f"ingest-{name}-capacity", median(_ratios(full, name, UNIT)), ">=", bar, "x bare Starlette")
        for name, bar in FIGURES.items()
        if name in full
    ]
    if "heimta" in half:
        pairs = zip(half[UNIT], half["heimta"], strict=True)
        p99 = median(own.load.p99 / base.load.p99 for base, own in pairs)
        told.append(Verdict("ingest-p99-at-half-load", p99, "<=", P99_BAR, "x bare Starlette"))
    if {"heimta", "pipeline"} <= full.keys():
        gain = median(_ratios(full, "heimta", "pipeline"))
        told.append(Verdict("ingest-over-pipeline", gain, ">=", PIPELINE_BAR, "x"))
    return told


if __name__ == "__main__":
    sys.exit(main())
