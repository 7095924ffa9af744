"""A short, seeded sample of `make chaos-send`: one death at each place, real processes, every channel."""

from __future__ import annotations

import asyncio

from loadtest.chaos_send.__main__ import run_all
from loadtest.chaos_send.deaths import PLACES
from loadtest.sending.ground import CHANNELS


def test_a_sender_that_dies_anywhere_loses_no_step_and_sends_none_that_is_seen_twice() -> None:
    run, told = asyncio.run(run_all(7, len(PLACES)))
    assert sum(run.deaths.values()) >= len(PLACES)
    assert (told.lost, told.told_wrong, sum(told.twice.values())) == (0, 0, 0), told.details
    assert all(told.sent[channel] + told.unknown[channel] == len(run.shoppers) for channel in CHANNELS)
    assert told.unknown["push"] == told.unknown["email"] == 0
