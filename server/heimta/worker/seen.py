"""Which events were folded before: for each source the numbers seen, as ranges.

A page load numbers its events from 0, so one range is the rule; a late or lost one makes a gap for a while.
"""

from __future__ import annotations

from bisect import bisect_right

from heimta.model.visitor import KEEP_SOURCES_MS, Seen, VisitorState

MAX_SOURCES = 512  # page loads of one visitor in three days; beyond that the longest silent is forgotten
MAX_EDGES = 256  # a source with more gaps than this is no browser of ours: its new events are passed over


def is_new(state: VisitorState, src: str, n: int, *, received: int) -> bool:
    """Whether this event was not folded before; remembers it."""
    seen = state.seen.get(src)
    if seen is None:
        _forget(state, received)
        seen = state.seen[src] = Seen([], received)
    seen.last = max(seen.last, received)
    return _add(seen.edges, n)


def _add(edges: list[int], n: int) -> bool:
    """edges: sorted; each pair is a range, the first number in it and the first beyond it."""
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


def _forget(state: VisitorState, received: int) -> None:
    for key in [key for key, old in state.seen.items() if received - old.last > KEEP_SOURCES_MS]:
        del state.seen[key]
    while len(state.seen) >= MAX_SOURCES:
        del state.seen[min(state.seen, key=lambda key: (state.seen[key].last, key))]
