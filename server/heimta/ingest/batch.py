"""Read a browser's batch: the only place that decides what an event may look like.

The door calls it to answer, the worker calls it again on the same bytes to fold: one rule, two callers.
Nothing here raises for what a browser can send, except BadBody for a body that is no batch at all.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from heimta.ingest.decode import FAULTS, BadBody, decode
from heimta.model.event import MAX_AGE_MS, PROPS, Batch, WireEvent

CLOCK_SLACK_MS = 60_000  # an event may be this much younger than its own batch says
CLOCK_TRUST_MS = 60_000  # a browser's clock that is off by less is believed


class Dropped(Struct, frozen=True):
    """An event that was refused while the rest of its batch was kept."""

    n: int
    reason: str
    detail: str


class Event(Struct, frozen=True, gc=False):
    """An event that cannot be wrong: typed, and on the server's clock."""

    name: str
    at: int  # server clock, ms
    src: str
    n: int
    sid: str
    url: str
    props: Struct


_ids = re.compile(r"[A-Za-z0-9_-]{44}\Z").match  # model.ids.Visitor and twice model.ids.Short
_batch = msgspec.json.Decoder(Batch)
_props = {name: msgspec.json.Decoder(kind) for name, kind in PROPS.items()}
_decode = {name: decoder.decode for name, decoder in _props.items()}


# Half of a letter beyond the first 65,536: what is left where a page cut a name in the middle of an emoji.
_half = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
).sub


def read_batch(body: bytes) -> Batch:
    """Decode a body. Raises BadBody. Half a letter is read as U+FFFD: it must not cost the other events."""
    try:
        batch = decode(_batch, body)
    except BadBody:
        whole = _half(rb"\\ufffd", body)
        if whole == body:
            raise
        batch = decode(_batch, whole)
    if _ids(batch.vid + batch.sid + batch.src) is None:
        raise BadBody("`vid`, `sid` and `src` may hold letters, digits, `_` and `-` only")
    return batch


def judge(batch: Batch) -> list[Dropped]:
    """What the door refuses of a batch, and why; the rest is kept."""
    try:
        newest, oldest = batch.sent + CLOCK_SLACK_MS, batch.sent - MAX_AGE_MS
        for raw in batch.ev:
            _decode[raw.t](raw.p)
            if not oldest <= raw.at <= newest:
                break
        else:
            return []
    except (KeyError, *FAULTS):
        pass  # at least one is bad: look at each
    return _read(batch)[1]


def admit(batch: Batch, *, received: int) -> tuple[list[Event], list[Dropped]]:
    """Take a batch's events in, or say why not.

    received: server clock when the batch came, ms.
    """
    try:
        return _admit_all(batch, received), []
    except (KeyError, _TooOld, *FAULTS):
        read, dropped = _read(batch)  # at least one is bad: look at each
        return [_admit(raw, batch, received, props) for raw, props in read], dropped


class _TooOld(Exception):
    """An event's age is none that a batch may have."""


def _admit_all(batch: Batch, received: int) -> list[Event]:
    """Raises KeyError, _TooOld and FAULTS. In one loop without a call: this is done for each event."""
    sent, src, sid = batch.sent, batch.src, batch.sid
    newest, oldest = sent + CLOCK_SLACK_MS, sent - MAX_AGE_MS
    is_trusted = -CLOCK_TRUST_MS <= received - sent <= CLOCK_TRUST_MS
    events = []
    for raw in batch.ev:
        at = raw.at
        if not oldest <= at <= newest:
            raise _TooOld
        if at >= sent or not is_trusted:
            at = time_of(at, sent, received)
        events.append(Event(raw.t, at, src, raw.n, sid, raw.u, _decode[raw.t](raw.p)))
    return events


def _admit(raw: WireEvent, batch: Batch, received: int, props: Struct) -> Event:
    at = time_of(raw.at, batch.sent, received)
    return Event(raw.t, at, batch.src, raw.n, batch.sid, raw.u, props)


def time_of(at: int, sent: int, received: int) -> int:
    """When an event happened: what the browser says, as far as that can be.

    The batch tells when it was by the server's clock: its age, by the browser's own clock, before it was
    received. That cancels a wrong clock and adds the time on the way, which is another one for each copy.
    So the browser's own `at` counts while it is within CLOCK_TRUST_MS of that, and copies have the same
    time; what is further off is brought to the edge of it.
    """
    told = received - sent + at if at < sent else received
    if told - CLOCK_TRUST_MS <= at <= told + CLOCK_TRUST_MS:
        return at
    return told - CLOCK_TRUST_MS if at < told else told + CLOCK_TRUST_MS


def _read(batch: Batch) -> tuple[list[tuple[WireEvent, Struct]], list[Dropped]]:
    """The events that keep to the rules with their properties, and those that do not with the rule."""
    kept: list[tuple[WireEvent, Struct]] = []
    dropped: list[Dropped] = []
    sent = batch.sent
    for raw in batch.ev:
        decoder = _props.get(raw.t)
        if decoder is None:
            dropped.append(Dropped(raw.n, "unknown_event", raw.t))
            continue
        age_ms = sent - raw.at
        if not -CLOCK_SLACK_MS <= age_ms <= MAX_AGE_MS:
            dropped.append(Dropped(raw.n, "bad_age", f"{age_ms} ms; allowed: 0 to {MAX_AGE_MS}"))
            continue
        try:
            kept.append((raw, decode(decoder, raw.p)))
        except BadBody as error:
            dropped.append(Dropped(raw.n, "bad_props", f"{raw.t}: {error}"))
    return kept, dropped
