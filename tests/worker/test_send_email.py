"""An e-mail the whole way: a cart is left, a step is due, a real server gets it, and its answer counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest

from heimta.channels.email import Smtp
from heimta.journeys.reach import unreachable
from heimta.model.journey import Journey, Send
from heimta.model.providers import Email
from heimta.model.restore import RestoreRow
from heimta.store import restore
from heimta.store.partition import PartitionStore
from heimta.worker.carriers.email import EmailCarrier
from heimta.worker.effects import ShopContext
from heimta.worker.owner import Owner
from heimta.worker.pack import Packer
from heimta.worker.send import Sender
from heimta.worker.tries import TRIES
from tests.stubs.smtp import MailServer
from tests.worker.conftest import Desk
from tests.worker.shop import MINUTE, SHOP, T0, VISITOR, batch, cart, order, outcomes
from tests.worker.test_owner import LATER
from tests.worker.test_send import SECRETS

JOURNEY = Journey(
    id="cart-mail",
    shop="demo",
    name="Cart mail",
    live=True,
    trigger="cart_abandoned",
    holdout_pct=0,
    steps=(Send("mail", "email", title="Your cart waits", body="{item} is still there."),),
)
ANNA = {"email": "anna@mail.example", "consent": "Write to me", "consent_version": "1"}


class Post:
    """The desk, a mail server, and a shop that sends through it."""

    def __init__(self, desk: Desk, server: MailServer) -> None:
        self.desk, self.server = desk, server
        email = Email("Demo <hello@shop.example>", "127.0.0.1", server.port, tls="none")
        self.shop = msgspec.structs.replace(SHOP, email=email)
        self.context = ShopContext(self.shop, {}, {JOURNEY.id: (JOURNEY, 1)})
        self.carrier = EmailCarrier(Smtp())

        async def keep(shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
            await restore.keep(desk.redis, shop, partition, row_id, row)

        packer = Packer(edge_url="https://edge.example", keep_row=keep)
        self.sender = Sender(desk.redis, {"email": self.carrier}, packer, partitions=1, elapsed=lambda: 0.0)

    async def owner(self, token: str = "one") -> Owner:
        async def owners(tokens: set[tuple[str, str]]) -> dict[str, str]:
            return {}

        async def redeem(used: object) -> None:
            return None

        async def refresh() -> None:
            return None

        store = PartitionStore(self.desk.redis, 0, token)
        owner = Owner(store, {"demo": self.context}, owners=owners, redeem=redeem, refresh=refresh)
        assert await owner.take_over()
        return owner

    async def leave_cart(self, owner: Owner) -> None:
        told = batch(("visitor_identified", T0, ANNA), ("cart_updated", T0 + 1, {"cart": cart(5000)}))
        await self.desk.tell("batch", told, T0 + 1)
        await owner.fire_due(now=LATER + 1)

    async def send(self, owner: Owner, *, now: int = LATER + 1) -> None:
        [message] = owner.outbox.values()
        await self.sender.send(owner, message, self.context, SECRETS, now=now)


@pytest.fixture
async def post(desk: Desk) -> AsyncIterator[Post]:
    async with MailServer() as server:
        post = Post(desk, server)
        yield post
        await post.carrier.close()


async def test_whoever_left_a_cart_gets_one_mail(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    [message] = owner.outbox.values()
    await post.send(owner)
    [arrived] = post.server.mails
    mail = message_from_bytes(arrived.data, policy=default)
    assert arrived.to == ["anna@mail.example"] and arrived.mail_from == "hello@shop.example"
    assert mail["Subject"] == "Your cart waits" and message.id in mail["Message-ID"]
    assert outcomes(await post.desk.state(owner)) == {message.id: "sent"}
    assert owner.outbox == {}


async def test_no_mail_after_the_order(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    await post.desk.tell("order", order("1", 5000, LATER), LATER)
    await post.send(owner)
    assert post.server.mails == []
    assert list(outcomes(await post.desk.state(owner)).values()) == ["skipped"]


async def test_no_mail_after_one_click(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    stop = {"vid": VISITOR, "off": [], "pace": "normal", "until": 0, "stop": True}
    await post.desk.tell("preferences", msgspec.json.encode(stop), LATER)
    await post.send(owner)
    assert post.server.mails == []


async def test_a_server_that_is_busy_costs_time_and_nothing_else(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    post.server.fail("RCPT", "450 4.2.0 greylisted, come back")
    await post.send(owner)
    [later] = owner.outbox.values()
    assert later.tries == 1 and later.not_before > LATER
    await post.send(owner, now=later.not_before)
    assert len(post.server.mails) == 1 and owner.outbox == {}


async def tried(post: Post, owner: Owner, answer: str, *, until: int) -> int:
    """How many times a server was asked that answers so before that time, ms, and then takes the mail."""
    now = LATER + 1
    for times in range(100):
        if now < until:
            post.server.fail("RCPT", answer)
        await post.send(owner, now=now)
        if not owner.outbox:
            return times + 1
        [later] = owner.outbox.values()
        now = later.not_before
    raise AssertionError("it is tried for ever")


async def test_greylisting_for_a_quarter_of_an_hour_is_outlasted(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    assert await tried(post, owner, "450 4.2.0 Greylisted", until=LATER + 15 * MINUTE) == TRIES
    assert len(post.server.mails) == 1


async def test_a_quota_that_is_used_up_for_hours_loses_no_mail(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    answer = "454 4.7.0 Throttling failure: Daily message quota exceeded"
    assert await tried(post, owner, answer, until=LATER + 5 * 60 * MINUTE) == 31  # each ten minutes
    assert len(post.server.mails) == 1


async def test_an_address_that_does_not_exist_begins_no_journey_again(post: Post) -> None:
    owner = await post.owner()
    await post.leave_cart(owner)
    post.server.fail("RCPT", "550 5.1.1 no such user")
    await post.send(owner)
    state = await post.desk.state(owner)
    assert list(outcomes(state).values()) == ["gone"]
    assert unreachable(state, "email", post.shop) == "e-mail address is dead"
    day = 86_400_000
    again = batch(
        ("visitor_identified", T0 + day, ANNA),
        ("cart_updated", T0 + day, {"cart": cart(5000, cart_id="d" * 11)}),
        src="t" * 11,
        sid="j" * 11,
    )
    await post.desk.tell("batch", again, T0 + day)
    await owner.fire_due(now=T0 + 2 * day)
    assert owner.outbox == {}
