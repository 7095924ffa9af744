"""Find all browsers of a person: by one of them, or by a word that they told."""

from __future__ import annotations

from typing import cast

import msgspec
from msgspec import Struct

from heimta.model.person import hubs_of
from heimta.model.visitor import VisitorState
from heimta.store import keys
from heimta.store.connect import Client

_decode = msgspec.msgpack.Decoder(VisitorState).decode


class Person(Struct):
    """browsers: their states, by visitor; None for one that was asked for and is not known (any more).

    hubs: whose word makes them one person. others: browsers that share a word with one of them, and none of
    those by which the person was asked for: perhaps the same shopper, perhaps not.
    """

    shop: str
    browsers: dict[str, VisitorState | None]
    hubs: dict[str, VisitorState | None]
    others: set[str]

    @property
    def states(self) -> list[VisitorState]:
        return [state for state in self.browsers.values() if state is not None]

    @property
    def emails(self) -> set[str]:
        return {word for state in self.states for word in _words(state, "email")}

    @property
    def phones(self) -> set[str]:
        return {word for state in self.states for word in _words(state, "phone")}


def _words(state: VisitorState, kind: str) -> set[str]:
    told = [] if state.identity is None else [getattr(state.identity, kind)]
    told += [getattr(order.customer, kind) for order in state.orders.values() if order.customer is not None]
    return {word for word in told if word}


async def states_of(
    redis: Client, shop: str, names: list[str], partitions: int
) -> dict[str, VisitorState | None]:
    async with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.get(keys.visitor(keys.partition_of(shop, name, partitions), shop, name))
        rows = cast("list[bytes | None]", await pipe.execute())
    return {name: None if raw is None else _decode(raw) for name, raw in zip(names, rows, strict=True)}


async def by_visitor(redis: Client, shop: str, visitor: str, partitions: int) -> Person:
    """The browser, and those that share a name with it."""
    asked = await states_of(redis, shop, [visitor], partitions)
    state = asked[visitor]
    person = await by_hubs(redis, shop, list(hubs_of(state)) if state is not None else [], partitions)
    person.browsers |= asked
    person.others.discard(visitor)
    return person


async def by_hubs(redis: Client, shop: str, hubs: list[str], partitions: int) -> Person:
    """Who still names one of the hubs."""
    known = await states_of(redis, shop, hubs, partitions)
    members = sorted({name for hub in known.values() if hub is not None for name in hub.members})
    found = await states_of(redis, shop, members, partitions)
    browsers: dict[str, VisitorState | None] = {
        name: state
        for name, state in found.items()
        if state is not None and not set(hubs).isdisjoint(hubs_of(state))
    }
    more = {hub for state in browsers.values() if state is not None for hub in hubs_of(state)} - set(hubs)
    beside = await states_of(redis, shop, sorted(more), partitions)
    others = {name for hub in beside.values() if hub is not None for name in hub.members} - set(browsers)
    return Person(shop, browsers, {**known, **beside}, others)
