"""Read a browser's batch: the only place that decides what an event may look like.

The door calls it to answer, the worker calls it again on the same bytes to fold: one rule, two callers.
Nothing here raises for what a browser can send, except BadBody for a body that is no batch at all.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from heimta.ingest.decode import BadBody, decode
from heimta.model.event import MAX_AGE_MS, PROPS, Batch

CLOCK_SLACK_MS = 60_000  # an event may be this much younger than its own batch says


class Dropped(Struct, frozen=True):
    """An event that was refused while the rest of its batch was kept."""

    n: int
    reason: str
    detail: str


class Event(Struct, frozen=True):
    """An event that cannot be wrong: typed, and on the server's clock."""

    name: str
    at: int  # server clock, ms
    src: str
    n: int
    sid: str
    url: str
    props: Struct


_batch = msgspec.json.Decoder(Batch)
_props = {name: msgspec.json.Decoder(kind) for name, kind in PROPS.items()}


def read_batch(body: bytes) -> Batch:
    """Decode a body. Raises BadBody."""
    return decode(_batch, body)


def admit(batch: Batch, *, received: int) -> tuple[list[Event], list[Dropped]]:
    """Take a batch's events in, or say why not.

    received: server clock when the batch came, ms. The age is measured by the browser's own clock, from
    `at` to `sent`, so a wrong clock on the phone cancels out.
    """
    events: list[Event] = []
    dropped: list[Dropped] = []
    for raw in batch.ev:
        decoder = _props.get(raw.t)
        if decoder is None:
            dropped.append(Dropped(raw.n, "unknown_event", raw.t))
            continue
        age_ms = batch.sent - raw.at
        if not -CLOCK_SLACK_MS <= age_ms <= MAX_AGE_MS:
            dropped.append(Dropped(raw.n, "bad_age", f"{age_ms} ms; allowed: 0 to {MAX_AGE_MS}"))
            continue
        try:
            props = decode(decoder, raw.p)
        except BadBody as error:
            dropped.append(Dropped(raw.n, "bad_props", f"{raw.t}: {error}"))
            continue
        at = received - max(0, age_ms)
        events.append(Event(raw.t, at, batch.src, raw.n, batch.sid, raw.u, props))
    return events, dropped
