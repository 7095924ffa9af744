"""Find all browsers of a person: by one of them, or by a word that they told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import msgspec
from msgspec import Struct

from heimta.model.person import Word, hubs_of, hubs_of_customer, hubs_of_words, names_of
from heimta.model.preferences import Proof
from heimta.model.visitor import VisitorState
from heimta.store import keys, proofs
from heimta.store.connect import Client

_WORDS: tuple[Word, ...] = ("email", "phone", "id")

_decode = msgspec.msgpack.Decoder(VisitorState).decode


class Person(Struct):
    """browsers: their states, by visitor; None for one that is not known any more, and was asked for or told
    a word that was asked for.

    hubs: of the words that make them one person. others: browsers that share a word with one of them, and
    none of those by which the person was asked for, or have an order for them: perhaps the same shopper,
    perhaps not. shared: hubs of such words, which are no less the others'.
    """

    shop: str
    browsers: dict[str, VisitorState | None]
    hubs: dict[str, VisitorState | None]
    others: set[str]
    shared: set[str]

    @property
    def states(self) -> list[VisitorState]:
        return [state for state in self.browsers.values() if state is not None]

    @property
    def words(self) -> set[str]:
        """E-mail addresses and telephone numbers, as they were told."""
        return {word for kind, word in self._told() if kind != "id"}

    @property
    def own_words(self) -> set[str]:
        """Those that name nobody else."""
        return {word for kind, word in self._told() if kind != "id" and self._is_own(kind, word)}

    @property
    def own_ids(self) -> set[str]:
        """Customer ids of the shop that name nobody else."""
        return {word for kind, word in self._told() if kind == "id" and self._is_own(kind, word)}

    def _is_own(self, kind: Word, word: str) -> bool:
        return self.shared.isdisjoint(hubs_of_words(self.shop, {kind: word}))

    def _told(self) -> set[tuple[Word, str]]:
        return {
            (kind, word)
            for state in self.states
            for given in (state.identity, *(order.customer for order in state.orders.values()))
            if given is not None
            for kind in _WORDS
            if (word := getattr(given, kind))
        }


async def states_of(
    redis: Client, shop: str, names: list[str], partitions: int
) -> dict[str, VisitorState | None]:
    async with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.get(keys.visitor(keys.partition_of(shop, name, partitions), shop, name))
        rows = cast("list[bytes | None]", await pipe.execute())
    return {name: None if raw is None else _decode(raw) for name, raw in zip(names, rows, strict=True)}


async def state_of(redis: Client, shop: str, name: str, partitions: int) -> VisitorState | None:
    raw = await redis.get(keys.visitor(keys.partition_of(shop, name, partitions), shop, name))
    return None if raw is None else _decode(cast(bytes, raw))


async def proofs_of(
    redis: Client, shop: str, visitor: str, state: VisitorState | None, partitions: int
) -> list[Proof]:
    """What was said in a browser, and what its words said by themselves (a STOP by SMS, a complaint): the
    oldest first.
    """
    found: set[Proof] = set()
    for name in (visitor,) if state is None else names_of(state):
        found.update(await proofs.of(redis, shop, keys.partition_of(shop, name, partitions), name))
    return sorted(found, key=msgspec.structs.astuple)


async def unheard_proofs(
    redis: Client, person: Person, asked: Iterable[str], partitions: int
) -> dict[str, list[Proof]]:
    """What was said to the hubs asked for that no browser tells of, by hub: none told the word, or none is
    known any more. A no outlives them.
    """
    heard = {name for state in person.states for name in names_of(state)}
    found = {
        hub: await proofs.of(redis, person.shop, keys.partition_of(person.shop, hub, partitions), hub)
        for hub in asked
        if hub not in heard
    }
    return {hub: said for hub, said in found.items() if said}


async def by_visitor(redis: Client, shop: str, visitor: str, partitions: int) -> Person:
    """The browser, and those that share a name with it."""
    asked = await states_of(redis, shop, [visitor], partitions)
    state = asked[visitor]
    person = await by_hubs(redis, shop, list(hubs_of(state)) if state is not None else [], partitions)
    person.browsers |= asked
    person.others.discard(visitor)
    return person


async def by_hubs(redis: Client, shop: str, hubs: list[str], partitions: int) -> Person:
    """Who names one of the hubs, and who did when they were last heard of. Where the shop told an order for
    them in a browser that told no word of theirs, that is among the others: it may be a friend's.
    """
    asked = await states_of(redis, shop, hubs, partitions)
    found = await states_of(redis, shop, _members(asked), partitions)
    browsers = {
        name: state for name, state in found.items() if state is None or not _named(state).isdisjoint(asked)
    }
    buyers = await states_of(redis, shop, sorted(_buyers(asked) - set(browsers)), partitions)
    named = {hub for state in browsers.values() if state is not None for hub in _named(state)}
    beside = await states_of(redis, shop, sorted(named - set(asked)), partitions)
    rest = await states_of(redis, shop, sorted(set(_members(beside)) - set(browsers)), partitions)
    common = {name: _named(state) & set(beside) for name, state in rest.items() if state is not None}
    others = {name for name, with_them in common.items() if with_them}
    others |= {name for name, state in buyers.items() if state is not None and _named(state) & set(asked)}
    return Person(shop, browsers, {**asked, **beside}, others, set().union(*common.values()))


def _members(hubs: Mapping[str, VisitorState | None]) -> list[str]:
    return sorted({name for hub in hubs.values() if hub is not None for name in hub.members})


def _buyers(hubs: Mapping[str, VisitorState | None]) -> set[str]:
    return {name for hub in hubs.values() if hub is not None for name in hub.tellers}


def _named(state: VisitorState) -> set[str]:
    """Its hubs, and those of whom its orders were for."""
    given = [order.customer for order in state.orders.values() if order.customer is not None]
    return {*hubs_of(state), *(hub for each in given for hub in hubs_of_customer(state.shop, each))}
