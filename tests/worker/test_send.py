"""The sender asks once more before each send, and knows what to do with each answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from redis.exceptions import OutOfMemoryError

from heimta.channels.result import SENT, Delivery, away, failed, gone
from heimta.channels.vapid import make_keys
from heimta.journeys.decide import Facts, Verdict, decide
from heimta.model.campaign import Attention, Offer
from heimta.model.journey import Send
from heimta.model.message import DeliveryNote
from heimta.model.restore import RestoreRow
from heimta.rules.tokens import read_restore
from heimta.store import attention, restore, why
from heimta.store.erase import Marks, erase
from heimta.store.keys import LEASE_MS
from heimta.store.secrets import Secrets
from heimta.worker.carriers.all import all_carriers
from heimta.worker.outbox import Lane
from heimta.worker.owner import Owner
from heimta.worker.pack import Packer
from heimta.worker.send import Sender, _Answer
from heimta.worker.tries import FIRST_WAIT_MS, TRIES
from tests.worker.conftest import Desk
from tests.worker.shop import CONTEXT, JOURNEY, MINUTE, SHOP, T0, VISITOR, batch, cart, order, outcomes
from tests.worker.test_owner import LATER, abandon, subscription

VAPID = make_keys("mailto:me@example.com")
SECRETS = Secrets("hook", "s" * 43, VAPID.private, VAPID.public)


class Channel:
    """Stands where WebPush stands: the real one is proven in tests/channels and tests/browser."""

    def __init__(self, answer: Delivery) -> None:
        self.answer = answer
        self.sent: list[dict[str, Any]] = []

    async def send(self, subscription: object, payload: bytes, **how: Any) -> Delivery:
        self.sent.append({**msgspec.json.decode(payload), "topic": how["topic"], "ttl_s": how["ttl_s"]})
        return self.answer


async def due(desk: Desk) -> Owner:
    owner = desk.owner()
    assert await owner.take_over()
    await abandon(desk)
    await owner.fire_due(now=LATER)
    return owner


def sender(desk: Desk, channel: Channel) -> Sender:
    async def keep(shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        await restore.keep(desk.redis, shop, partition, row_id, row)

    return Sender(
        desk.redis,
        all_carriers(channel),  # type: ignore[arg-type]
        Packer(edge_url="https://edge.example", keep_row=keep),
        partitions=1,
        elapsed=lambda: 0.0,
    )


async def send(desk: Desk, owner: Owner, channel: Channel, *, now: int = LATER) -> None:
    [message] = owner.outbox.values()
    await sender(desk, channel).send(owner, message, CONTEXT, SECRETS, now=now)


async def erased(desk: Desk) -> int:
    """How much was found, as `heimta forget` would."""

    async def no_pause(seconds: float) -> None:
        return None

    done = await erase(desk.redis, Marks("demo", {VISITOR}, ()), settle_s=0, pause=no_pause)
    return done.keys + done.parts


async def test_a_step_that_was_due_before_a_restore_is_not_sent_again(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    [message] = owner.outbox.values()

    async def keep(shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        raise AssertionError("nothing is rendered")

    held = Sender(
        desk.redis,
        all_carriers(channel),  # type: ignore[arg-type]
        Packer(edge_url="https://edge.example", keep_row=keep),
        partitions=1,
        hold=lambda: message.due_at + 1,
    )
    await held.send(owner, message, CONTEXT, SECRETS, now=LATER)
    assert channel.sent == [] and not owner.outbox
    state = await desk.state(owner)
    assert outcomes(state) == {message.id: "skipped"}


async def test_the_message_tells_of_the_cart_and_links_to_it(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    [message] = owner.outbox.values()
    await send(desk, owner, channel)
    [sent] = channel.sent
    told = sent["notification"]
    assert (told["title"], told["body"], told["tag"]) == ("Your cart waits", "Hat 0", message.id)
    assert sent["topic"] == message.id
    token = told["navigate"].removeprefix("https://edge.example/r/")
    partition, row_id = read_restore(SECRETS.signing, token)
    assert await desk.restored(row_id) == RestoreRow(VISITOR, [("hat-0", 1)])
    assert partition == 0
    assert outcomes(await desk.state(owner)) == {message.id: "sent"}


async def test_an_order_between_the_decision_and_the_send_stops_it(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    await desk.tell("order", order("1", 5000, LATER), LATER)
    await send(desk, owner, channel)
    assert channel.sent == []
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]
    assert owner.outbox == {}


async def test_a_message_to_who_was_erased_ends_without_a_word(desk: Desk) -> None:
    """It waited in memory, where `heimta forget` does not reach."""
    owner, channel = await due(desk), Channel(SENT)
    [message] = owner.outbox.values()
    await owner.postpone(msgspec.structs.replace(message, not_before=LATER + MINUTE))
    assert await erased(desk) > 1
    await send(desk, owner, channel, now=LATER + MINUTE)
    assert channel.sent == [] and not owner.outbox and await owner.fold() == 0
    assert await erased(desk) == 0


@pytest.mark.parametrize("took_s", [9.0, 60.0], ids=["a push", "a mail server that is slow"])
async def test_what_was_on_the_wire_to_who_was_erased_brings_nobody_back(desk: Desk, took_s: float) -> None:
    owner, clock = await due(desk), 0.0

    class Slow(Channel):
        async def send(self, subscription: object, payload: bytes, **how: Any) -> Delivery:
            nonlocal clock
            assert await erased(desk) > 1
            clock += took_s
            return await super().send(subscription, payload, **how)

    [message] = owner.outbox.values()
    ours = sender(desk, Slow(SENT))
    ours._elapsed = lambda: clock
    await ours.send(owner, message, CONTEXT, SECRETS, now=LATER)
    assert not owner.outbox
    await owner.fold()
    assert (await owner.look("demo", VISITOR))[0] is None
    # What comes within a lease's time `heimta forget` waits for.
    assert (await erased(desk) > 0) == (took_s < LEASE_MS / 1000)


@pytest.mark.parametrize("message", ["", "m"], ids=["a mail that came back", "a message"])
@pytest.mark.parametrize("outcome", ["sent", "failed", "skipped", "unknown", "gone"])
async def test_what_became_of_a_message_makes_nobody_unless_an_address_is_gone(
    desk: Desk, message: str, outcome: str
) -> None:
    owner = desk.owner()
    assert await owner.take_over()
    note = DeliveryNote(VISITOR, message, "j", outcome, channel="email", address="mark")
    await desk.tell("delivery", msgspec.json.encode(note), T0)
    state, _ = await owner.look("demo", VISITOR)
    is_word_on_address = outcome == "gone" and message != ""
    assert (state is not None) == is_word_on_address


async def test_a_message_that_is_too_late_is_skipped(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    await send(desk, owner, channel, now=LATER + 13 * 3600 * 1000)
    assert channel.sent == []
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(SENT, "sent"), (gone("http_410"), "gone"), (failed("vapid", permanent=True), "failed")],
)
async def test_a_final_answer_ends_the_message(desk: Desk, answer: Delivery, outcome: str) -> None:
    owner, channel = await due(desk), Channel(answer)
    await send(desk, owner, channel)
    state = await desk.state(owner)
    assert list(outcomes(state).values()) == [outcome]
    assert (state.subscription is None) == (outcome == "gone")
    assert owner.outbox == {}


async def test_a_push_about_a_cart_does_not_wait_for_a_browser_all_day(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    await send(desk, owner, channel)
    assert channel.sent[0]["ttl_s"] == 4 * 3600


async def test_a_push_is_not_kept_for_a_browser_until_its_code_has_run_out(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    [message] = owner.outbox.values()
    step = Send("remind", "push", "Your code", "{code}", coupon=Offer("percent", 10, expires_min=45))
    journey = msgspec.structs.replace(JOURNEY, steps=(step,))
    context = replace(CONTEXT, journeys={JOURNEY.id: (journey, 1)})
    await sender(desk, channel).send(owner, message, context, SECRETS, now=LATER)
    assert channel.sent[0]["ttl_s"] == 45 * 60


@pytest.mark.parametrize(
    ("retry_after_s", "wait_ms"), [(None, FIRST_WAIT_MS), (0.0, FIRST_WAIT_MS), (120.0, 120_000)]
)
async def test_a_passing_failure_keeps_the_message_for_later(
    desk: Desk, retry_after_s: float | None, wait_ms: int
) -> None:
    busy = failed("http_503", permanent=False, retry_after_s=retry_after_s)
    owner, channel = await due(desk), Channel(busy)
    await send(desk, owner, channel)
    [message] = owner.outbox.values()
    assert (message.tries, message.not_before) == (1, LATER + wait_ms)
    successor = desk.owner("one")
    assert await successor.take_over()
    assert list(successor.outbox.values()) == [message]


async def test_a_provider_that_asks_for_seconds_gets_them_and_then_our_own_patience(desk: Desk) -> None:
    brief = failed("http_429", permanent=False, retry_after_s=5.0)
    owner, waits = await due(desk), []
    now = LATER
    for _ in range(4):
        [message] = owner.outbox.values()
        await sender(desk, Channel(brief)).send(owner, message, CONTEXT, SECRETS, now=now)
        [later] = owner.outbox.values()
        waits.append(later.not_before - now)
        now = later.not_before
    assert waits == [5000, 5000, 5000, FIRST_WAIT_MS * 8]


async def test_a_provider_that_is_away_costs_no_try_and_lateness_ends_it(desk: Desk) -> None:
    owner, now = await due(desk), LATER
    for _ in range(2 * TRIES):
        [message] = owner.outbox.values()
        await sender(desk, Channel(away("tls"))).send(owner, message, CONTEXT, SECRETS, now=now)
        [later] = owner.outbox.values()
        assert (later.tries, later.not_before) == (0, now + 60_000)
        now = later.not_before
    rows = await why.of(desk.redis, "demo", 0, VISITOR)
    assert [row.outcome for row in rows].count("retry") == 1, "told of once"
    assert (await attention.look(desk.redis, "demo", [VISITOR], 1)).touches == ()
    now += 12 * 60 * MINUTE
    await sender(desk, Channel(SENT)).send(owner, later, CONTEXT, SECRETS, now=now)
    assert list(outcomes(await desk.state(owner)).values()) == ["skipped"]


@pytest.mark.parametrize(
    "image", ["/" + "\u0001" * 990, "/" + "\U0001f6d2" * 900, "https://evil.example/x.png"]
)
async def test_a_picture_that_is_too_large_or_foreign_is_left_out(desk: Desk, image: str) -> None:
    owner, channel = desk.owner(), Channel(SENT)
    assert await owner.take_over()
    told = cart(5000)
    told["lines"][0]["image"] = image
    await desk.tell("batch", batch(("cart_updated", T0, {"cart": told})), T0)
    await desk.tell("push", subscription(), T0)
    await owner.fire_due(now=LATER)
    await send(desk, owner, channel)
    [sent] = channel.sent
    assert "image" not in sent["notification"]


async def test_a_bug_in_one_message_ends_that_message_and_not_the_worker(desk: Desk) -> None:
    class Broken(Channel):
        async def send(self, *_: object, **__: object) -> Delivery:
            raise ZeroDivisionError("a bug")

    owner = await due(desk)
    await send(desk, owner, Broken(SENT))
    assert list(outcomes(await desk.state(owner)).values()) == ["failed"]
    assert owner.outbox == {}


async def test_after_enough_tries_it_is_given_up(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(failed("timeout", permanent=False))
    for _ in range(6):
        await send(desk, owner, channel)
    assert len(channel.sent) == 6
    assert list(outcomes(await desk.state(owner)).values()) == ["failed"]
    assert owner.outbox == {}


async def test_a_store_that_does_not_take_the_record_is_told_later_and_nothing_is_sent_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, channel = await due(desk), Channel(SENT)
    ours = sender(desk, channel)

    async def full(*_: object, **__: object) -> None:
        raise OutOfMemoryError("command not allowed when used memory > 'maxmemory'")

    [message] = owner.outbox.values()
    with monkeypatch.context() as broken:
        broken.setattr(owner, "finish", full)
        with pytest.raises(OutOfMemoryError):
            await ours.send(owner, message, CONTEXT, SECRETS, now=LATER)
    assert await owner.take_over()  # as the loop does: what is kept is read again
    [message] = owner.outbox.values()
    await ours.send(owner, message, CONTEXT, SECRETS, now=LATER)
    assert len(channel.sent) == 1 and owner.outbox == {}
    await owner.fold()
    assert list(outcomes(await desk.state(owner)).values()) == ["sent"]


async def test_a_crash_before_the_record_sends_again_under_the_same_tag_and_topic(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, channel = await due(desk), Channel(SENT)

    async def die(*_: object, **__: object) -> None:
        raise ConnectionError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(owner, "finish", die)
        with pytest.raises(ConnectionError):
            await send(desk, owner, channel)
    successor = desk.owner("one")
    assert await successor.take_over()
    await send(desk, successor, channel)
    first, second = channel.sent
    assert first["topic"] == second["topic"]
    assert first["notification"]["tag"] == second["notification"]["tag"]
    assert successor.outbox == {}


async def test_the_send_log_says_by_which_rule_it_left_and_how_that_ended(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    [message] = owner.outbox.values()
    await send(desk, owner, channel)
    decided, ended = await why.of(desk.redis, "demo", 0, VISITOR)
    assert (decided.message, decided.outcome, decided.rule) == (message.id, "send", "")
    assert decide(msgspec.json.decode(decided.facts, type=Facts)) == Verdict("send")
    assert (ended.message, ended.outcome) == (message.id, "sent")


async def test_a_rule_that_defers_keeps_the_message_and_does_not_make_it_late(desk: Desk) -> None:
    owner, channel = await due(desk), Channel(SENT)
    hour = 3_600_000
    quiet = Attention(quiet="21:00-08:00")
    context = replace(CONTEXT, shop=msgspec.structs.replace(SHOP, attention=quiet))
    [message] = owner.outbox.values()
    await sender(desk, channel).send(owner, message, context, SECRETS, now=LATER)
    [later] = owner.outbox.values()
    assert channel.sent == [] and later.tries == 0
    assert later.not_before > LATER + 8 * hour and later.deferred_ms == later.not_before - LATER
    [row] = await why.of(desk.redis, "demo", 0, VISITOR)
    assert (row.outcome, row.rule, row.until) == ("defer", "quiet hours", later.not_before)
    await sender(desk, channel).send(owner, later, context, SECRETS, now=later.not_before)
    assert len(channel.sent) == 1


async def test_a_provider_that_wants_patience_gets_it_for_all_of_the_shop_s_messages(desk: Desk) -> None:
    owner = await due(desk)
    [message] = owner.outbox.values()
    mail = msgspec.structs.replace(message, channel="email")
    busy = failed("http_429", permanent=False, retry_after_s=90.0)
    ours = sender(desk, Channel(busy))
    ours._answered[(mail.id, 0)] = _Answer(busy, LATER)
    await ours.send(owner, mail, CONTEXT, SECRETS, now=LATER)
    lane: Lane = ("demo", "email")
    assert ours.is_paused(lane, now=LATER + 89_999) and not ours.is_paused(lane, now=LATER + 90_000)
    assert not ours.is_paused(("demo", "push"), now=LATER + 1)
    # A shorter wait that another message is asked for does not end the longer one.
    short = failed("http_429", permanent=False, retry_after_s=10.0)
    second = msgspec.structs.replace(mail, tries=1)
    ours._answered[(second.id, 1)] = _Answer(short, LATER)
    await ours.send(owner, second, CONTEXT, SECRETS, now=LATER)
    assert ours.is_paused(lane, now=LATER + 89_999)
