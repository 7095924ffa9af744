"""A real cluster on this machine: three masters and three replicas of the embedded Valkey, on free ports.

Made with the cluster's own commands (CLUSTER MEET, ADDSLOTSRANGE, REPLICATE). A master that is lost is
replaced after about two node timeouts; the timeout is short here, so that proofs are.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from heimta.launch import lifeline
from heimta.launch.valkey import _binary
from heimta.store.slots import SLOTS

MASTERS = 3
NODE_TIMEOUT_MS = 2000
PATIENT_MS = 30_000  # for what breaks nothing: a machine that is busy must not pass for a master that is lost
START_S = 30.0
CONFIG = {
    "bind": "127.0.0.1",
    "cluster-enabled": "yes",
    "cluster-require-full-coverage": "no",  # one master away is a third of the shoppers, not all of them
    "cluster-allow-replica-migration": "no",  # a replica stays with its master, so a proof knows who is who
    "repl-diskless-sync-delay": "0",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "hash-max-listpack-value": "512",
    "set-proc-title": "no",
}
AWAY = (redis.RedisError, OSError)

T = TypeVar("T")


class Node:
    """One server. It keeps its ports and its folder when it is started again."""

    def __init__(self, folder: Path, port: int, bus_port: int, timeout_ms: int = NODE_TIMEOUT_MS) -> None:
        self.folder = folder
        self._timeout_ms = timeout_ms
        self.port = port
        self.bus_port = bus_port
        self.process: subprocess.Popen[bytes] | None = None
        self._client = redis.Redis(
            port=port, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        self._client.response_callbacks.clear()  # answers as they come

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(_binary()), "--dir", str(self.folder), "--port", str(self.port)]
        command += ["--cluster-port", str(self.bus_port), "--cluster-node-timeout", str(self._timeout_ms)]
        for name, value in CONFIG.items():
            command += [f"--{name}", value]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lifeline.tie_to_parent(signal.SIGKILL),
            )

    def ask(self, *args: object) -> Any:
        return self._client.execute_command(*args)  # type: ignore[no-untyped-call]  # redis-py left it bare

    def name(self) -> str:
        return str(self.ask("CLUSTER MYID").decode())

    def answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except AWAY:
            return False

    def is_master(self) -> bool:
        return bool(self.ask("ROLE")[0] == b"master")

    def kill(self) -> None:
        """As a crash does: nothing is written out."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator does."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """It keeps its connections and answers nothing, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self._client.close()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)


class Cluster:
    """The first three nodes begin as masters, each with the node three places further as its replica."""

    def __init__(self, folder: Path, timeout_ms: int) -> None:
        ports = free_ports(4 * MASTERS)
        self.nodes = [
            Node(folder / f"node{index}", port, bus, timeout_ms)
            for index, (port, bus) in enumerate(zip(ports[::2], ports[1::2], strict=True))
        ]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        """Start and join all nodes, and wait until every slot is served and every replica follows."""
        self._start_nodes()
        first, *others = self.nodes
        for node in others:
            first.ask("CLUSTER MEET", "127.0.0.1", node.port, node.bus_port)
        share = SLOTS / MASTERS
        for index, node in enumerate(self.nodes[:MASTERS]):
            node.ask("CLUSTER ADDSLOTSRANGE", round(index * share), round((index + 1) * share) - 1)
        names = [node.name() for node in self.nodes]
        wait_for("all nodes to know each other", self._all_know, names)
        for master, replica in zip(names, self.nodes[MASTERS:], strict=False):
            replica.ask("CLUSTER REPLICATE", master)
        self.wait_until_whole()

    def restart(self) -> None:
        """Start again what was stopped, all of it."""
        self._start_nodes()
        self.wait_until_whole()

    def stop(self) -> None:
        for node in self.nodes:
            node._signal(signal.SIGCONT)
            node._signal(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def masters(self) -> list[Node]:
        return [node for node in self.nodes if node.process is not None and node.is_master()]

    def by_port(self, port: int) -> Node:
        return next(node for node in self.nodes if node.port == port)

    def master_of(self, slot: int) -> Node:
        """Who serves a slot, as the masters see it."""
        for node in self.masters():
            for first, last, owner, *_ in node.ask("CLUSTER SLOTS"):
                if first <= slot <= last and int(owner[1]) == node.port:
                    return node
        raise LookupError(f"no master serves slot {slot}")

    def replica_of(self, master: Node) -> Node:
        """The node that would take over. LookupError when none follows closely."""
        for node in self.nodes:
            if node.process is not None and node.answers():
                role, *more = node.ask("ROLE")
                if role == b"slave" and int(more[1]) == master.port and more[2] == b"connected":
                    return node
        raise LookupError(f"nobody follows the master on port {master.port}")

    def wait_until_whole(self) -> None:
        """Until all running nodes agree on who serves what, and each master has its replica."""
        wait_for("the cluster to be whole", self._is_whole)

    def _start_nodes(self) -> None:
        for node in self.nodes:
            if node.process is None:
                node.start()
        for node in self.nodes:
            wait_for(f"the node on port {node.port}", node.answers)

    def _all_know(self, names: list[str]) -> bool:
        return all(
            all(f"{name} ".encode() in seen for name in names) and b"handshake" not in seen
            for seen in (node.ask("CLUSTER NODES") for node in self.nodes)
        )

    def _is_whole(self) -> bool:
        try:
            masters = self.masters()
            if len(masters) != MASTERS:
                return False
            for master in masters:
                self.replica_of(master)
            return all(_is_fine(node.ask("CLUSTER INFO")) for node in self.nodes) and self._agree()
        except (*AWAY, LookupError):
            return False

    def _agree(self) -> bool:
        """Whether all see the same masters, and each with its replica."""
        views = [self._view(node) for node in self.nodes]
        return all(view == views[0] for view in views) and all(len(ports) == 2 for _, _, ports in views[0])

    def _view(self, node: Node) -> list[tuple[int, int, list[int]]]:
        rows = node.ask("CLUSTER SLOTS")
        return sorted((first, last, [int(at[1]) for at in nodes]) for first, last, *nodes in rows)


@contextmanager
def cluster(*, timeout_ms: int = NODE_TIMEOUT_MS) -> Iterator[Cluster]:
    """A running cluster for the length of a `with`. timeout_ms: of silence until a node passes for lost."""
    with ExitStack() as end:
        folder = end.enter_context(tempfile.TemporaryDirectory(prefix="hc", ignore_cleanup_errors=True))
        made = Cluster(Path(folder), timeout_ms)
        end.callback(made.stop)
        made.start()
        yield made


def wait_for(what: str, done: Callable[..., T], *args: object, patience_s: float = START_S) -> T:
    """Ask until the answer is true, and return it. Raises TimeoutError."""
    end = time.monotonic() + patience_s
    while True:
        if answer := done(*args):
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{patience_s:.0f} s were not enough for {what}")
        time.sleep(0.02)


def free_ports(count: int) -> list[int]:
    """Held all at once, so that no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in sockets]


def _is_fine(info: bytes) -> bool:
    return b"cluster_state:ok" in info and b"cluster_slots_ok:16384" in info
