"""Read log entries: whose they are and what they say. Pure.

An entry that cannot be read is not the worker's end: it is counted, logged and passed over.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from heimta.ingest.batch import Event, admit, read_batch
from heimta.ingest.buyer import buyer_of
from heimta.ingest.decode import BadBody, decode
from heimta.ingest.entry import (
    AnswerNote,
    BoughtNote,
    ClaimNote,
    MessengerNote,
    PassedNote,
    Relayed,
    RelayNote,
)
from heimta.model.consent import ConsentNote
from heimta.model.event import CartRestored, Order, OrderHook, PushRequest
from heimta.model.fulfilment import FulfilmentNote
from heimta.model.message import DeliveryNote
from heimta.model.person import is_hub
from heimta.model.preferences import PreferencesNote
from heimta.model.product import ProductNote


class BatchNote(Struct, frozen=True, gc=False):
    """A browser's batch after the door's rules: its events, typed and on the server's clock."""

    events: list[Event]
    lang: str
    preview: bool
    restores: bool  # one of them may be a restored cart


# What entries say in types of their own; a browser's batch and an order have readers of theirs.
Own = (
    PushRequest
    | ClaimNote
    | PreferencesNote
    | DeliveryNote
    | Relayed
    | ConsentNote
    | MessengerNote
    | FulfilmentNote
    | AnswerNote
)
Note = BatchNote | Order | Own


class Fact(Struct, frozen=True, gc=False):
    """One entry, read: what it says of which visitor."""

    id: str
    shop: str
    visitor: str
    received: int
    agent: str
    note: Note


class Poison(Exception):
    """The entry cannot be read; str() says why."""


_OWN: dict[str, msgspec.json.Decoder[Own]] = {
    "push": msgspec.json.Decoder(PushRequest),
    "claim": msgspec.json.Decoder(ClaimNote),
    "preferences": msgspec.json.Decoder(PreferencesNote),
    "delivery": msgspec.json.Decoder(DeliveryNote),
    "relay": msgspec.json.Decoder(Relayed),
    "consent": msgspec.json.Decoder(ConsentNote),
    "messenger": msgspec.json.Decoder(MessengerNote),
    "product": msgspec.json.Decoder(ProductNote),
    "fulfilment": msgspec.json.Decoder(FulfilmentNote),
    "answer": msgspec.json.Decoder(AnswerNote),
}
_RESTORED = b"cart_restored"  # its name on the wire: most batches are told from those that have one by it
_relay_of_old = msgspec.json.Decoder(RelayNote)
_order = msgspec.json.Decoder(OrderHook)


def read_fact(entry_id: bytes, fields: dict[bytes, bytes]) -> Fact:
    """Read one stream entry. Raises Poison."""
    try:
        shop, kind = fields[b"s"].decode(), fields[b"k"].decode()
        received, data = int(fields[b"t"]), fields[b"d"]
        agent = fields.get(b"u", b"").decode(errors="replace")
        note: Note
        if kind == "batch":
            batch = read_batch(data)
            events, _ = admit(batch, received=received)
            visitor, note = batch.vid, BatchNote(events, batch.lang, batch.preview, _RESTORED in data)
        elif kind == "order":
            note = decode(_order, data).order
            visitor = buyer_of(note)
        else:
            told = _read_relay(data) if kind == "relay" else decode(_OWN[kind], data)
            visitor, note = told.vid, told
    except (KeyError, ValueError) as error:
        raise Poison(f"{type(error).__name__}: {error}") from error
    return Fact(entry_id.decode(), shop, visitor, received, agent, note)


def _read_relay(data: bytes) -> Own:
    """Raises BadBody. What an older release left in the log says of itself no more than what it holds."""
    try:
        return decode(_OWN["relay"], data)
    except BadBody:
        return decode(_relay_of_old, data)


class _Address(Struct):
    vid: str


_address = msgspec.json.Decoder(_Address).decode


def relay_to(note: bytes) -> str:
    """The visitor a relayed fact is for."""
    return _address(note).vid


def is_for_known(fact: Fact) -> bool:
    """What another browser, the shop, a sender or a link did says nothing of one that is forgotten: it makes
    no new state, least of all of one that was erased. But an address that a channel says is gone is
    remembered in whatever order facts come; `heimta forget` waits for such a word (store/erase.py). A mail
    provider says it of the address alone: its hub remembers it for the browsers that tell it later.
    """
    if isinstance(fact.note, DeliveryNote):
        return fact.note.outcome != "gone" or not (fact.note.message or is_hub(fact.visitor))
    if isinstance(fact.note, AnswerNote):
        return True
    is_from_elsewhere = isinstance(fact.note, BoughtNote | PassedNote | ProductNote | FulfilmentNote)
    return is_from_elsewhere and not is_hub(fact.visitor)


def restore_tokens(facts: list[Fact]) -> set[tuple[str, str]]:
    """(shop, token) of every restored cart told of, so that their owners can be looked up before the fold."""
    tokens: set[tuple[str, str]] = set()
    for fact in facts:
        if isinstance(fact.note, Order) and fact.note.restored:
            tokens.add((fact.shop, fact.note.restored))
        elif isinstance(fact.note, BatchNote) and fact.note.restores:
            for event in fact.note.events:
                if isinstance(event.props, CartRestored):
                    tokens.add((fact.shop, event.props.token))
    return tokens


def place(entry_id: str) -> tuple[int, int]:
    """An entry's id as numbers, to be compared."""
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
