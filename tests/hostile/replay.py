"""Ask an ASGI application without a client's manners, and hold what it did to what a stranger may cause.

Whatever the door takes, the worker takes: `fold_everything` runs a real owner over the log.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.types import Message

from heimta.rules.signature import sign
from heimta.store import keys
from heimta.store.partition import PartitionStore
from heimta.worker.owner import Owner
from tests.edge.conftest import HOOK, ORIGIN, Asker
from tests.worker.shop import CONTEXT

ROUTES = {
    "batch": "/s/demo",
    "claim": "/s/demo/claim",
    "push": "/s/demo/push",
    "preferences": "/s/demo/preferences",
    "order": "/hooks/demo/generic",
}
MOST_CPU_S = 0.05
MOST_ROUNDS = 20  # of timers, each of some hundred
PARTITIONS = 4  # of the edge in tests/edge


async def ask(edge: Asker, route: str, body: bytes) -> int:
    """Status. Raises whatever the application raises. Fails when the answer took more CPU than allowed."""
    headers = [(b"origin", ORIGIN.encode()), (b"content-length", b"%d" % len(body))]
    if route == "order":
        headers.append((b"heimta-signature", sign(HOOK, body, now_s=edge.now // 1000).encode()))
    scope = {
        **{"type": "http", "method": "POST", "path": ROUTES[route], "raw_path": ROUTES[route].encode()},
        **{"query_string": b"", "headers": headers, "root_path": "", "scheme": "http", "http_version": "1.1"},
        **{"server": ("edge", 80), "client": ("127.0.0.1", 1)},
    }
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    async def take() -> float:
        before = time.process_time()
        await edge.app(scope, receive, send)
        return time.process_time() - before

    used = await take()
    if used >= MOST_CPU_S:  # the answer's own, or a collection of garbage that fell into it? That comes once
        used = min(used, await take())
    assert used < MOST_CPU_S, f"{route}: {used * 1000:.0f} ms of CPU for {body[:200]!r}"
    return int(told[0]["status"])


async def fold_everything(edge: Asker) -> int:
    """Fold the log with a real owner. Returns how many entries there were; fails for one that is poison.

    Without the word that is sent to a second visitor of whom the same order is told: an entry of its own.
    """
    count = 0
    for partition in range(PARTITIONS):
        owner = await owner_of(edge, partition)
        while folded := await owner.fold():
            count += folded
        count -= sum(fields[b"k"] == b"relay" for _, fields in await edge.redis.xrange(keys.log(partition)))
        rounds = 0
        while await owner.fire_due(now=edge.now + 3_600_000):
            rounds += 1
            assert rounds < MOST_ROUNDS, "timers that are never done with"
        dead = await edge.redis.xrange(keys.dead(partition))
        assert not dead, f"the door took what the worker cannot fold: {dead[0][1]}"
        await owner.release()
    return count


async def owner_of(edge: Asker, partition: int) -> Owner:
    """Somebody who owns the partition now."""
    store = PartitionStore(edge.redis, partition, "replay")
    owner = Owner(store, {"demo": CONTEXT}, owners=_nobody, redeem=_nothing, refresh=_nothing)
    assert await owner.take_over()
    return owner


async def _nobody(tokens: set[tuple[str, str]]) -> dict[str, str]:
    return {}


async def _nothing(*_: object) -> None:
    return None


def with_each_value(good: dict[str, Any], raw: bytes) -> Iterator[bytes]:
    """The good body with `raw` in place of each of its values in turn, and once in place of all of it."""
    value = msgspec.Raw(raw)
    for path in list(_paths(good)):
        yield msgspec.json.encode(_put(good, path, value))


def with_extra(good: dict[str, Any], raw: bytes) -> Iterator[bytes]:
    """The good body with an unknown key in each of its objects in turn."""
    value = msgspec.Raw(raw)
    for path in [(), *_paths(good)]:
        if isinstance(_get(good, path), dict):
            yield msgspec.json.encode(_put(good, (*path, "nobody knows"), value))


Path = tuple[Any, ...]


def _paths(value: object, at: Path = ()) -> Iterator[Path]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*at, key)
        yield from _paths(part, (*at, key))


def _get(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _put(value: Any, path: Path, new: object) -> Any:
    """A copy with `new` at `path`."""
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = _put(value[key], tuple(rest), new) if rest else new
    return copy
