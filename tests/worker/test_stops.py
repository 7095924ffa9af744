"""A short, seeded sample of `make stops`: real edge, worker and store, every way to say no, every channel."""

from __future__ import annotations

import asyncio

from loadtest.stops.__main__ import BAR_S, stops
from loadtest.stops.ways import WAYS


def test_a_no_by_any_way_holds_in_every_browser_and_looking_at_a_link_is_none() -> None:
    told = asyncio.run(stops(7, 1))
    assert told.people == len(WAYS) and set(told.known_s) == set(WAYS) - {"looked-at"}
    assert told.worst_known_s < BAR_S and told.worst_last_s < BAR_S, told
    assert (told.after, told.missed, told.by_look) == (0, 0, 0), told
