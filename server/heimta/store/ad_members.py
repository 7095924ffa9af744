"""Questions about a shop's whole table of ad audiences: how many, and who is in remarketing elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from heimta.model.documents import ShopDoc
from heimta.store.audiences import Row, excluded, field_of, rows, split, table
from heimta.store.connect import Client


@dataclass
class Count:
    """Of one ad audience. Keys are what the network is told: an e-mail address and a number are two.

    wished: keys that should be in by the visitors' states. told: that the network has. held: wished, and held
    back. waiting: to be told yet, in or out. people, people_held: of those told, of those held back.
    """

    wished: int = 0
    told: int = 0
    held: int = 0
    waiting: int = 0
    people: int = 0
    people_held: int = 0


async def counts(redis: Client, shop: ShopDoc) -> dict[str, Count]:
    """By ad audience; those that only the table knows come last. Reads the whole table."""
    found = defaultdict(Count, {name: Count() for name in shop.ad_audiences})
    async for field, row in table(redis, shop.id):
        audience, key = split(field)
        count = found[audience]
        count.wished += row.is_wanted
        count.told += bool(row.told)
        count.held += row.is_wanted and bool(row.held)
        count.waiting += row.belongs != bool(row.told)
        is_first = all(key < other for other in row.others)
        count.people += bool(row.told) and is_first
        count.people_held += row.is_wanted and bool(row.held) and is_first
    return dict(found)


async def elsewhere(redis: Client, shop: ShopDoc, wanted: Mapping[str, Row]) -> set[str]:
    """Which of these rows are of people in other remarketing: on the merchant's list, or put into another ad
    audience of the shop before; at the same instant the first by name has them.
    """
    people = {field: (split(field)[1], *row.others) for field, row in wanted.items()}
    listed = await excluded(redis, shop.id, sorted({key for keys in people.values() for key in keys}))
    found = {field for field, keys in people.items() if listed.intersection(keys)}
    others = list(shop.ad_audiences)
    asked = {
        field_of(name, key)
        for field, keys in people.items()
        for key in keys
        for name in others
        if name != split(field)[0]
    }
    known = await rows(redis, shop.id, sorted(asked))
    for field, keys in people.items():
        mine = (wanted[field].since, split(field)[0])
        theirs = [
            (known[other].since, name)
            for name in others
            for key in keys
            if name != mine[1] and (other := field_of(name, key)) in known and known[other].belongs
        ]
        if any(entry < mine for entry in theirs):
            found.add(field)
    return found
