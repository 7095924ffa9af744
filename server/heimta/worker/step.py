"""What a step of the fold, or of timers, writes. Pure."""

from __future__ import annotations

import msgspec

from heimta.model.person import is_hub
from heimta.model.visitor import VisitorState
from heimta.store import keys
from heimta.store.partition import Dead, Pair, Write
from heimta.worker.effects import Effects
from heimta.worker.hubs import remembers
from heimta.worker.timers import changed_timers

_pack = msgspec.msgpack.Encoder(order="deterministic").encode  # the same state is the same bytes
_json = msgspec.json.Encoder().encode


def step_write(
    states: dict[Pair, VisitorState],
    effects: Effects,
    *,
    timers: dict[Pair, int],
    checkpoint: str,
    dead: list[Dead],
    cleared: list[str],
) -> Write:
    """timers: what the due set holds now; a visitor not in it has none."""
    return Write(
        checkpoint=checkpoint,
        states={names: _pack(state) for names, state in states.items()},
        ttls={names: _ttl_s(state) for names, state in states.items() if is_hub(state.visitor)},
        due=changed_timers(states, timers),
        counts=effects.counts,
        lift=effects.lift,
        outbox={message.id: _json(message) for message in effects.messages},
        relays=[(shop, _json(note)) for shop, note in effects.relays],
        ads=[(shop, _json(change)) for shop, change in effects.ads],
        dead=dead,
        cleared=cleared,
    )


def _ttl_s(hub: VisitorState) -> int:
    return keys.SAID_TTL_S if remembers(hub) else keys.HUB_TTL_S
