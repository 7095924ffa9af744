"""What becomes of an entry or a timer that is passed over: the dead letter, made from what is left of it."""

from __future__ import annotations

import msgspec

from heimta.store.partition import Dead, Pair, RawEntry


def dead_entry(entry: RawEntry, why: str, tries: int = 1) -> Dead:
    entry_id, fields = entry
    shop, kind, at = (fields.get(name, b"").decode(errors="replace") for name in (b"s", b"k", b"t"))
    agent = fields.get(b"u", b"").decode(errors="replace")
    received = int(at) if at.isdigit() else 0
    return Dead(shop, kind, received, fields.get(b"d", b""), agent, entry_id.decode(), why, tries)


def dead_timer(names: Pair, why: str, now: int) -> Dead:
    return Dead(names[0], "timer", now, msgspec.json.encode({"vid": names[1]}), "", "", why, 1)
