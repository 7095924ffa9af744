"""A worker whose clock jumps: nothing early by that clock, nothing twice, no session ended, no code kept."""

from __future__ import annotations

import msgspec
import pytest

from heimta.model.visitor import VisitorState
from heimta.worker.effects import Effects
from heimta.worker.timers import fire, next_due
from loadtest.stories import DAY, HOUR, MINUTE
from loadtest.stories_shop import CONTEXT, ENDPOINTS
from tests.worker.shop import T0, batch, cart
from tests.worker.test_counted_once import VISITOR, Run, Told

JUMPS = [HOUR, -HOUR, DAY, -DAY]


def waiting() -> Run:
    """A visitor with a cart, in a session, whose silence is not over yet."""
    done = Run()
    done.tell(Told("batch", T0, batch(("cart_updated", T0, {"cart": cart(500)}), vid=VISITOR)))
    keys_ = {"p256dh": "k" * 87, "auth": "a" * 22}
    told = {"vid": VISITOR, "subscription": {"endpoint": ENDPOINTS[0], "keys": keys_}}
    done.tell(Told("push", T0, msgspec.json.encode(told)))
    claim = {"vid": VISITOR, "campaign": "exit-offer", "code": "CODE", "expires_at": T0 + HOUR}
    done.tell(Told("claim", T0, msgspec.json.encode(claim)))
    return done


def state_of(run: Run) -> VisitorState:
    return msgspec.msgpack.decode(run.state, type=VisitorState)


@pytest.mark.parametrize("jump", JUMPS)
def test_no_step_is_early_by_the_workers_clock_and_none_is_decided_twice(jump: int) -> None:
    done = waiting()
    for minute in range(0, 48 * 60, 7):
        off = jump if 20 <= minute <= 200 else 0
        now = T0 + minute * MINUTE + off
        state, effects = state_of(done), Effects()
        fire(state, context=CONTEXT, effects=effects, now=now)
        assert all(message.due_at <= now + 1000 for message in effects.messages)
        assert (due := next_due(state, CONTEXT)) == 0 or due > now
        done.fire(now)
    assert len(done.messages) == len(set(done.messages))
    counted = sum(by for (_, _, name), by in done.counts.items() if name.endswith(":abandoned"))
    assert counted == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_ends_no_session_and_extends_no_code(jump: int) -> None:
    done = waiting()
    before = state_of(done)
    done.fire(T0 + MINUTE + jump)
    after = state_of(done)
    assert after.sessions == before.sessions
    assert after.claims == before.claims
    later = T0 + 2 * MINUTE
    done.tell(Told("batch", later, batch(("page_viewed", later, {}), vid=VISITOR, first=1)))
    [session] = state_of(done).sessions.values()
    assert (session.start, session.end) == (T0, later)
