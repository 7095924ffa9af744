"""Google's customer match file: who is in an ad audience by the visitors' states and the table.

A row is a person: e-mail address and number, hashed by Google's rules, so it is made from the addresses
themselves. All states of the shop are read for it, a part at a time, and rows go out as they are found: of a
large shop a part is held in memory, of a large list a number a person (80 bytes), and the console answers
others meanwhile.
Header names as Google wants them: https://support.google.com/google-ads/answer/7659867
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import msgspec

from heimta.model.audience import google_email, hashed, normal_phone
from heimta.model.documents import ShopDoc
from heimta.model.visitor import Identity, VisitorState
from heimta.rules.ad_audiences import is_in, own_keys
from heimta.store import audiences, sweep
from heimta.store.ad_members import elsewhere
from heimta.store.audiences import field_of
from heimta.store.connect import Client

PART = 500  # states

_unpack = msgspec.msgpack.Decoder(VisitorState).decode


async def google_file(redis: Client, shop: ShopDoc, audience: str) -> AsyncIterator[str]:
    """The file's text, a part at a time; the first is its head. audience: one that the shop has."""
    yield _lines([("Email", "Phone")])
    told: set[int] = set()  # somebody with two browsers is one row; 64 bits name it well enough
    async for people in _people(redis, shop, audience):
        new = {number: row for row in people if (number := hash(row)) not in told}
        told.update(new)
        if new:
            yield _lines(sorted(new.values()))


def _lines(rows: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{email},{number}\n" for email, number in rows)


async def _people(redis: Client, shop: ShopDoc, audience: str) -> AsyncIterator[set[tuple[str, str]]]:
    part: set[sweep.Place] = set()
    async for place in sweep.places(redis, shop.id):
        part.add(place)
        if len(part) == PART:
            yield await _of_these(redis, shop, audience, part)
            part = set()
    yield await _of_these(redis, shop, audience, part)


async def _of_these(
    redis: Client, shop: ShopDoc, audience: str, part: set[sweep.Place]
) -> set[tuple[str, str]]:
    """(e-mail, number) of those who are in, and not held back."""
    found: dict[str, list[str]] = {}
    people: dict[str, tuple[str, str]] = {}
    for (_, visitor), raw in (await sweep.states(redis, shop.id, part)).items():
        state = _unpack(raw)
        member = state.audiences.get(audience)
        if member is not None and state.identity is not None and is_in(state, member):
            found[visitor] = [field_of(audience, key) for key in own_keys(state)]
            people[visitor] = _row(state.identity)
    rows = await audiences.rows(redis, shop.id, sorted({name for names in found.values() for name in names}))
    belongs = {name: row for name, row in rows.items() if row.belongs}
    if shop.ad_audiences[audience].alone:
        for name in await elsewhere(redis, shop, belongs):
            del belongs[name]
    return {people[visitor] for visitor, names in found.items() if names and set(names) <= set(belongs)}


def _row(known: Identity) -> tuple[str, str]:
    email, number = known.email.strip(), normal_phone(known.phone)
    return hashed(google_email(email)) if email else "", hashed(number) if number else ""
