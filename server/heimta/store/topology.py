"""Who serves which slot of a cluster, as most of its nodes see it; found again by itself after a failover.

Asked of all known nodes at once, each with a second to answer, so a node that is stopped holds nobody up;
and the view that most nodes share wins, so one that was asleep during a failover misleads nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import redis.asyncio as redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as NotConnected

from heimta.store.slots import SLOTS

ANSWER_S = 1.0  # for a node to tell what it sees
PAUSE_S = 0.2  # between two looks, however many commands fail meanwhile

AWAY = (RedisError, OSError, TimeoutError)
REFUSALS = (ResponseError, AuthenticationError, BusyLoadingError)  # an answer, though none to the question


class Address(NamedTuple):
    host: str
    port: int


class Served(NamedTuple):
    """A range of slots, both ends included, and the master that serves it."""

    first: int
    last: int
    master: Address


class View(NamedTuple):
    """What one node sees. nodes: masters and replicas; who follows whom does not matter here."""

    served: tuple[Served, ...]
    nodes: frozenset[Address]


class Topology:
    """make: a client for one node; connects when first used. seeds: asked first, and never given up."""

    def __init__(self, seeds: Iterable[Address], make: Callable[[Address], redis.Redis]) -> None:
        self._seeds = tuple(seeds)
        self._make = make
        self._nodes: dict[Address, redis.Redis] = {}
        self._masters: list[Address | None] = [None] * SLOTS
        self._serving: frozenset[Address] = frozenset()
        self._view: tuple[Served, ...] = ()
        self._known: tuple[Address, ...] = ()
        self._look: asyncio.Task[None] | None = None
        self._rest: asyncio.Task[None] | None = None
        self._first = asyncio.Lock()

    async def node_for(self, slot: int) -> redis.Redis:
        """The master of a slot. Raises RedisError when no node tells who that is."""
        await self._ensure()
        address = self._masters[slot]
        if address is None:
            self.suspect()
            raise ClusterDownError(f"no node serves slot {slot}")
        return self.node(address)

    def node(self, address: Address) -> redis.Redis:
        if address not in self._nodes:
            self._nodes[address] = self._make(address)
        return self._nodes[address]

    async def masters(self) -> list[redis.Redis]:
        """Every node that serves slots, in the order of their addresses."""
        await self._ensure()
        return [self.node(address) for address in sorted({at for at in self._masters if at is not None})]

    def serves(self, node: redis.Redis) -> bool:
        """Whether a node is a master still. One that was replaced answers for itself alone."""
        return any(self._nodes.get(address) is node for address in self._serving)

    def moved(self, slot: int, address: Address) -> redis.Redis:
        """A node said who serves the slot now. Others may have moved with it: look again."""
        self._masters[slot] = address
        self._serving |= {address}
        self.suspect()
        return self.node(address)

    def suspect(self) -> None:
        """Something failed that a new look might explain. Returns at once; the look is taken behind it."""
        if self._rest is None or self._rest.done():
            self._rest = asyncio.create_task(self._look_and_rest(), name="cluster-topology")

    async def layout(self) -> str:
        """Names who serves what now; another text as soon as a slot has moved or a master was replaced."""
        await self.refresh()
        return hashlib.sha256(repr(self._view).encode()).hexdigest()[:16]

    async def refresh(self) -> None:
        """Look now. Raises RedisError when no node tells; what was known stays."""
        views, refusals = await self._ask_all()
        if not views:
            nodes = ", ".join(map(_name, self._candidates()))
            raise next(iter(refusals), NotConnected(f"no node of the cluster answers: {nodes}"))
        most, _ = Counter(view.served for view in views).most_common(1)[0]
        self._take(most)
        self._known = tuple(sorted(frozenset().union(*(view.nodes for view in views))))

    async def aclose(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            await asyncio.gather(self._rest, return_exceptions=True)
        await asyncio.gather(*(node.aclose() for node in self._nodes.values()))
        self._nodes.clear()
        self._known = ()

    async def _ensure(self) -> None:
        if self._known:
            return
        async with self._first:  # at the start all ask at once; one look is enough
            if not self._known:
                await self.refresh()

    async def _look_and_rest(self) -> None:
        # Whoever needs a node is told so by that node, and then looks again.
        with contextlib.suppress(*AWAY):
            await self.refresh()
        await asyncio.sleep(PAUSE_S)

    def _candidates(self) -> list[Address]:
        return list(dict.fromkeys((*self._known, *self._seeds)))

    async def _ask_all(self) -> tuple[list[View], list[RedisError]]:
        """What the nodes see, and why some would not say.

        Once more than half of them see the same, the silent ones do not matter.
        """
        candidates = self._candidates()
        asked = {asyncio.create_task(self._ask(address)) for address in candidates}
        views: list[View] = []
        refusals: list[RedisError] = []
        try:
            while asked:
                done, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                for told in (task.result() for task in done):
                    if isinstance(told, View):
                        views.append(told)
                    elif told is not None:
                        refusals.append(told)
                counted = Counter(view.served for view in views)
                if any(2 * count > len(candidates) for count in counted.values()):
                    break
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return views, refusals

    async def _ask(self, address: Address) -> View | RedisError | None:
        """What one node sees; its refusal (a wrong password, no cluster at all); None without an answer."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return read_view(await command(self.node(address), "CLUSTER SLOTS"), address)
        except REFUSALS as refusal:
            return refusal
        except AWAY:
            return None

    def _take(self, view: tuple[Served, ...]) -> None:
        masters: list[Address | None] = [None] * SLOTS
        for first, last, master in view:
            masters[first : last + 1] = [master] * (last + 1 - first)
        self._masters = masters
        self._serving = frozenset(master for _, _, master in view)
        self._view = view


async def command(node: redis.Redis, *args: Any, **options: Any) -> Any:
    """One command to one node."""
    return await node.execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py left it bare


def read_view(rows: Iterable[Any], asked: Address) -> View:
    """An answer to CLUSTER SLOTS. A node without a known name is on the host that was asked."""
    served, seen = [], set()
    for first, last, *nodes in rows:
        named = [(_text(node[0]), int(node[1])) for node in nodes]
        found = [Address(asked.host if host in ("", "?") else host, port) for host, port in named]
        served.append(Served(int(first), int(last), found[0]))
        seen.update(found)
    return View(tuple(sorted(served)), frozenset(seen))


def _text(raw: bytes | str | None) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw or ""


def _name(address: Address) -> str:
    return f"{address.host}:{address.port}"
