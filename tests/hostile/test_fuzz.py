"""A few thousand of the bodies that `make fuzz` sends a million of, with honest ones among them."""

from __future__ import annotations

import random
from collections import Counter

from heimta.store import keys
from loadtest.hostile.bodies import Bodies, name
from tests.edge.conftest import Asker
from tests.hostile import good
from tests.hostile.replay import PARTITIONS, ask, fold_everything, owner_of
from tests.worker.shop import T0

BODIES = 4000
HONEST_EVERY = 20


async def test_whatever_is_sent_the_door_stands_and_honest_events_are_counted_once(edge: Asker) -> None:
    bodies, dice = Bodies(20261122, T0), random.Random(1)
    honest: list[str] = []
    statuses: Counter[int] = Counter()
    for number in range(BODIES):
        route, body = bodies.next()
        statuses[await ask(edge, route, body)] += 1
        if number % HONEST_EVERY == 0:
            honest.append(name(dice, 22))
            told = good.packed(good.batch(T0, vid=honest[-1], src=name(dice, 11)))
            for _ in range(2):  # twice, as a browser that missed the answer
                assert await ask(edge, "batch", told) == 200
    assert set(statuses) <= {200, 400, 409, 413}
    assert statuses[200] > BODIES // 20 and statuses[400] > BODIES // 4
    await fold_everything(edge)
    for vid in honest:
        owner = await owner_of(edge, keys.partition_of("demo", vid, PARTITIONS))
        state, _ = await owner.look("demo", vid)
        assert state is not None and state.sessions[good.SID].pages == 1
        await owner.release()
