"""A short run of `make push-codes`: each answer once, on the whole path, by a clock of ours."""

from __future__ import annotations

import msgspec
import pytest

from heimta.channels.vapid import make_keys
from heimta.channels.webpush import WebPush
from heimta.model.event import PushRequest, Subscription
from heimta.model.restore import RestoreRow
from heimta.store.secrets import Secrets
from heimta.worker.carriers.all import all_carriers, close
from heimta.worker.pack import Packer
from heimta.worker.send import Sender
from loadtest.push.answers import ANSWERS, Answer
from loadtest.push.service import PushService, browser_keys, serve
from tests.worker.conftest import Desk
from tests.worker.shop import CONTEXT, T0, VISITOR, batch, cart, outcomes
from tests.worker.test_owner import LATER

VAPID = make_keys("mailto:me@example.com")
SECRETS = Secrets("hook", "s" * 43, VAPID.private, VAPID.public)


async def keep(shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
    """Nobody follows these links."""


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
async def test_an_answer_is_followed_by_the_one_right_action(desk: Desk, answer: Answer) -> None:
    service = PushService(clock=lambda: LATER / 1000)
    runner = await serve(service)
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    carriers = all_carriers(WebPush(extra_origins=[origin]))
    packer = Packer(edge_url="https://edge.example", keep_row=keep)
    sender = Sender(desk.redis, carriers, packer, partitions=1, elapsed=lambda: 0.0)
    owner = desk.owner()
    try:
        assert await owner.take_over()
        asked = PushRequest(VISITOR, Subscription(f"{origin}/{answer.name}/1", browser_keys()))
        await desk.tell("batch", batch(("cart_updated", T0, {"cart": cart(5000)})), T0)
        await desk.tell("push", msgspec.json.encode(asked), T0)
        await owner.fire_due(now=LATER)
        [message] = owner.outbox.values()
        await sender.send(owner, message, CONTEXT, SECRETS, now=LATER)
        if answer.wait_s:
            [later] = owner.outbox.values()
            waited_s = (later.not_before - LATER) / 1000
            # The clock that named a date stands still; the time on the wire, which went on, is taken off.
            slack_s = answer.wait_s / 10 if answer.retry_after == "date" else 0
            assert answer.wait_s - slack_s <= waited_s <= answer.wait_s * 1.1
            await sender.send(owner, later, CONTEXT, SECRETS, now=later.not_before)
        state = await desk.state(owner)
    finally:
        await close(carriers)
        await runner.cleanup()
    assert not owner.outbox and not service.wrong
    assert list(outcomes(state).values()) == [answer.outcome]
    assert (state.subscription is not None) == answer.keeps
    assert len(service.came[f"{answer.name}/1"]) == (2 if answer.wait_s else 1)
