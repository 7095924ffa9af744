"""Which events were folded before: for each day of a source the numbers seen, as ranges.

A page load numbers its events from 0, so one range is the rule; a late or lost one makes a gap for a while.

Memory is bounded, by the events' own days and not by when they came, so that what is remembered does not
hang on the order of deliveries. An event that is so old that its copy may be forgotten is passed over, never
counted twice: one KEEP_MS older than the visitor's newest, or at or before the state's floor, which rises
when a visitor has more sources, sessions or carts than are kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from heimta.ingest.batch import Event
from heimta.model.visitor import KEEP_MS, KEEP_SESSIONS, KEEP_SOURCES, Seen, VisitorState

DAY_MS = 24 * 3_600_000
MAX_EDGES = 256  # a source with more gaps than this is no browser of ours: its new events are passed over


def unseen(state: VisitorState, events: Iterable[Event]) -> Iterator[Event]:
    """Those that were not folded before, each remembered as it comes. To be folded one by one as they do.

    A browser whose clock is wrong tells a copy's time a little differently: perhaps of the next day. Events
    of a batch are of one source, and nearly always of one day: what is known of it is looked up once.
    """
    day, src, key = -1, "", ""
    seen: Seen | None = None
    near: list[Seen] = []
    for event in events:
        at, n = event.at, event.n
        if at <= state.floor or at <= state.last_at - KEEP_MS:
            continue
        if at // DAY_MS != day or event.src != src:
            day, src = at // DAY_MS, event.src
            key = f"{day}.{src}"
            seen = state.seen.get(key)
            near = _near(state, day, src) if len(state.seen) > (seen is not None) else []
        if near and any(bisect_right(other.edges, n) % 2 for other in near):
            continue
        if seen is None:
            seen = state.seen[key] = Seen([], at)
        if not _add(seen.edges, n):
            continue
        if at > seen.last:
            seen.last = at
        yield event


def _near(state: VisitorState, day: int, src: str) -> list[Seen]:
    """What was seen of the source on the days before and after."""
    others = (state.seen.get(f"{other}.{src}") for other in (day - 1, day + 1))
    return [other for other in others if other is not None]


def _add(edges: list[int], n: int) -> bool:
    """edges: sorted; each pair is a range, the first number in it and the first beyond it."""
    if edges and edges[-1] == n:  # the next one, as nearly always
        edges[-1] = n + 1
        return True
    place = bisect_right(edges, n)
    if place % 2:
        return False  # inside a range
    joins_left = place > 0 and edges[place - 1] == n
    joins_right = place < len(edges) and edges[place] == n + 1
    if joins_left and joins_right:
        del edges[place - 1 : place + 1]
    elif joins_left:
        edges[place - 1] = n + 1
    elif joins_right:
        edges[place] = n
    elif len(edges) >= MAX_EDGES:
        return False
    else:
        edges[place:place] = [n, n + 1]
    return True


def forget(state: VisitorState) -> None:
    """Drop sources and sessions that no event can be late for any more, and those beyond what is kept."""
    horizon = state.last_at - KEEP_MS
    if state.first_at <= horizon:  # else nothing of this visitor is so old
        for key in [key for key, seen in state.seen.items() if seen.last // DAY_MS < horizon // DAY_MS]:
            del state.seen[key]
        for sid in [sid for sid, session in state.sessions.items() if session.end <= horizon]:
            del state.sessions[sid]
    while len(state.seen) > KEEP_SOURCES:
        key = min(state.seen, key=lambda key: (state.seen[key].last, key))
        state.floor = max(state.floor, state.seen.pop(key).last)
    while len(state.sessions) > KEEP_SESSIONS:
        sid = min(state.sessions, key=lambda sid: (state.sessions[sid].end, sid))
        state.floor = max(state.floor, state.sessions.pop(sid).end)
