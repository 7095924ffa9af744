"""The senders that ours is measured beside: each a process on the worker's core, to the same push service.

    python -m loadtest.push.peers <json>    pywebpush's own call loop, or our channel alone

All take the same payload to the same keys over TLS. pywebpush's documented call, which the bar
is of, connects anew each time; with a session of requests' it keeps its connection, and stands beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests
from msgspec import Struct
from pywebpush import webpush

from heimta.channels.result import SENT
from heimta.channels.vapid import VapidKeys, load_keys
from heimta.channels.webpush import WebPush
from heimta.model.endpoint import origin_of
from heimta.model.event import Keys, Subscription

SENDS = 32  # on the wire at once where a sender can do more than one
TTL_S = 24 * 3600
WARM = 50
SCRIPT = Path(__file__).with_name("web_push.mjs")


class Speed(Struct, frozen=True):
    """How many were sent, in how many seconds, and how many of them a core was at work."""

    count: int
    wall_s: float
    cpu_s: float

    @property
    def of_a_core(self) -> float:
        """Messages a second of a core."""
        return self.count / self.cpu_s


class Task(Struct, frozen=True):
    """What each is told. endpoint: without the number at its end."""

    endpoint: str
    keys: Keys
    vapid: VapidKeys
    payload: str
    count: int


def measure(how: str, task: Task, certificate: Path, core: int) -> Speed:
    """how: node, pywebpush, pywebpush-new (a connection each), or channel (ours without the worker)."""
    told = {
        "endpoint": task.endpoint,
        "keys": {"p256dh": task.keys.p256dh, "auth": task.keys.auth},
        "vapid": {"subject": task.vapid.subject, "public": task.vapid.public, "private": task.vapid.private},
        "payload": task.payload,
        "count": task.count,
        "sends": SENDS,
        "how": how,
    }
    command = ["node", str(SCRIPT)] if how == "node" else [sys.executable, "-m", "loadtest.push.peers"]
    trusted = str(certificate)
    environ = {
        **os.environ,
        "NODE_EXTRA_CA_CERTS": trusted,
        "REQUESTS_CA_BUNDLE": trusted,
        "SSL_CERT_FILE": trusted,
    }
    process = subprocess.Popen(
        [*command, json.dumps(told)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    os.sched_setaffinity(process.pid, {core})
    out, err = process.communicate(timeout=1200)
    assert process.returncode == 0, err.decode()[-2000:]
    return Speed(**json.loads(out))


def _loop(task: dict[str, Any], session: requests.Session | None) -> Speed:
    def one(name: str) -> None:
        info = {"endpoint": f"{task['endpoint']}/{name}", "keys": task["keys"]}
        claims: dict[str, str | int] = {"sub": task["vapid"]["subject"]}
        webpush(
            info,
            task["payload"],
            vapid_private_key=task["vapid"]["private"],
            vapid_claims=claims,
            ttl=TTL_S,
            requests_session=session,
        )

    for number in range(WARM):
        one(f"0-w{number}")
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(task["count"]):
        one(f"0-{number}")
    return Speed(task["count"], time.perf_counter() - began, time.process_time() - cpu)


async def _channel(task: dict[str, Any]) -> Speed:
    keys = load_keys(task["vapid"]["private"], task["vapid"]["subject"])
    to = Keys(**task["keys"])
    left = iter(range(WARM + task["count"]))
    payload = task["payload"].encode()

    async def some(push: WebPush, count: int) -> None:
        for number in left:
            subscription = Subscription(f"{task['endpoint']}/0-{number}", to)
            sent = await push.send(
                subscription, payload, topic="", ttl_s=TTL_S, urgency="normal", keys=keys, now=_now_ms()
            )
            assert sent == SENT, sent
            if number + 1 == count:
                return

    async with WebPush(extra_origins=[origin_of(task["endpoint"])]) as push:
        await some(push, WARM)
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(some(push, 0) for _ in range(SENDS)))
        return Speed(task["count"], time.perf_counter() - began, time.process_time() - cpu)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    task = json.loads(sys.argv[1])
    match task["how"]:
        case "pywebpush":
            with requests.Session() as session:
                speed = _loop(task, session)
        case "pywebpush-new":
            speed = _loop(task, None)
        case _:
            speed = asyncio.run(_channel(task))
    print(json.dumps({"count": speed.count, "wall_s": speed.wall_s, "cpu_s": speed.cpu_s}), end="")


if __name__ == "__main__":
    main()
