"""Samples go by the carriers of shoppers' messages, to the merchant's own address; who asked is answered."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from heimta.channels.result import BUSY, SENT, Delivery, failed
from heimta.model.campaign import Offer
from heimta.model.channel import CHANNELS, Channel
from heimta.model.journey import Journey, Send, all_steps
from heimta.model.providers import Email
from heimta.model.restore import RestoreRow
from heimta.model.sample import Sample, Told
from heimta.rules.mail.returns import make_return, read_returns
from heimta.rules.templates import fitted, templates
from heimta.store import documents, samples, secrets
from heimta.store.connect import Client
from heimta.worker.carriers.email import letter_of
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.texts import say
from heimta.worker.contexts import Contexts
from heimta.worker.made_up import OF_CARTS
from heimta.worker.pack import Packer
from heimta.worker.samples import Samples
from tests.worker.conftest import Desk
from tests.worker.shop import SHOP, T0, VISITOR, batch, cart
from tests.worker.test_owner import subscription
from tests.worker.test_send import SECRETS

STEPS = tuple(
    Send(channel, channel, "For you", "{item}, {code}", coupon=Offer("percent", 10)) for channel in CHANNELS
)
JOURNEY = Journey(id="all", shop="demo", name="All", trigger="cart_abandoned", steps=STEPS)
TO: dict[Channel, str] = {
    "email": "me@shop.is",
    "sms": "+4915112345678",
    "messenger": "7000",
    "push": VISITOR,
    "webhook": "",
}


class Gateway:
    def __init__(self, answer: Delivery) -> None:
        self.answer = answer
        self.jobs: list[Job] = []

    async def send(self, job: Job) -> Delivery:
        self.jobs.append(job)
        return self.answer

    async def close(self) -> None:
        return None


async def worker(redis: Client, gateway: Gateway, journey: Journey = JOURNEY) -> Samples:
    async def keep(shop: str, partition: int, row_id: str, row: RestoreRow) -> None:
        return None

    await secrets.create(redis, "demo", SECRETS)
    for document in (SHOP, journey):
        await documents.put(redis, document, now=1)
    contexts = Contexts(redis)
    await contexts.refresh()
    packer = Packer(edge_url="https://edge.example", keep_row=keep)
    carriers = dict.fromkeys(CHANNELS, gateway)
    return Samples(redis, carriers, packer, contexts, partitions=1, clock=lambda: T0)


async def asked(redis: Client, ours: Samples, step: str, to: str) -> Told | None:
    sample = Sample("s" * 16, "demo", "all", step, to)
    await samples.ask(redis, sample)
    await ours.look()
    await ours._sending.landed()
    return await samples.answered(redis, "demo", sample.id)


@pytest.mark.parametrize("channel", ["email", "sms", "messenger", "webhook"])
async def test_a_made_up_cart_goes_to_the_address_that_was_given(redis: Client, channel: Channel) -> None:
    gateway = Gateway(SENT)
    told = await asked(redis, await worker(redis, gateway), channel, TO[channel])
    assert told == Told("sent")
    [job] = gateway.jobs
    assert say(job, job.step.body) == "Wool jumper, SAMPLE-CODE"
    known = job.state.identity
    there = {known.email if known else "", known.phone if known else "", job.state.psid}
    assert TO[channel] in there


@pytest.mark.parametrize("name", [name for name, one in templates().items() if not one.widget])
async def test_a_sample_of_a_template_says_nothing_in_braces_and_tells_of_what_it_is_for(
    redis: Client, name: str
) -> None:
    document = fitted(templates()[name], SHOP)
    assert isinstance(document, Journey)
    gateway = Gateway(SENT)
    ours = await worker(redis, gateway, msgspec.structs.replace(document, id="all"))
    for step in all_steps(document.steps):
        if not isinstance(step, Send) or step.channel == "push":
            continue
        assert await asked(redis, ours, step.id, TO[step.channel]) == Told("sent")
        job = gateway.jobs[-1]
        said = [say(job, text) for text in (step.title, step.body, step.button)]
        assert not [words for words in said if "{" in words]
        assert bool(job.links.restore) == (document.begins.on in OF_CARTS)


async def test_a_sample_of_an_order_is_about_one_and_nothing_of_a_cart(redis: Client) -> None:
    document = fitted(templates()["order-shipped"], SHOP)
    assert isinstance(document, Journey)
    gateway = Gateway(SENT)
    ours = await worker(redis, gateway, msgspec.structs.replace(document, id="all"))
    assert await asked(redis, ours, "mail", TO["email"]) == Told("sent")
    letter = letter_of(gateway.jobs[0], Email("Demo <me@shop.is>", "mail.shop.is"))
    assert (letter.subject, letter.order) == ("Order 1001 is on its way", "1001")
    assert [row.name for row in letter.rows] == ["Wool jumper", "Rain jacket"]
    assert letter.button == "See where it is" and letter.total


async def test_a_push_to_a_browser_whose_cart_is_empty_tells_of_a_made_up_one(desk: Desk) -> None:
    gateway = Gateway(SENT)
    ours = await worker(desk.redis, gateway)
    owner = desk.owner()
    assert await owner.take_over()
    await desk.tell("push", subscription(), T0)
    await desk.tell("batch", batch(("cart_updated", T0, {"cart": cart(0, lines=0)})), T0)
    await owner.fold()
    assert await asked(desk.redis, ours, "push", VISITOR) == Told("sent")
    [job] = gateway.jobs
    assert say(job, job.step.body) == "Wool jumper, SAMPLE-CODE" and job.links.restore


async def test_a_server_that_hangs_keeps_nobody_else_waiting(redis: Client) -> None:
    """Ten samples of one shop took a hundred seconds, and another's was forgotten before its turn."""
    hangs = asyncio.Event()

    class Hanging(Gateway):
        async def send(self, job: Job) -> Delivery:
            if job.step.channel == "email":
                await hangs.wait()
            return await super().send(job)

    ours = await worker(redis, Hanging(SENT))
    for step in ("email", "sms"):
        await samples.ask(redis, Sample(step * 3, "demo", "all", step, TO[step]))
    for _ in range(100):
        await ours.look()
        if told := await samples.answered(redis, "demo", "smssmssms"):
            break
        await asyncio.sleep(0.02)
    assert told == Told("sent")
    assert await samples.answered(redis, "demo", "email" * 3) is None
    hangs.set()
    await ours._sending.landed()
    assert await samples.answered(redis, "demo", "email" * 3) == Told("sent")


async def test_a_mail_comes_back_to_an_address_as_shoppers_mails_have(redis: Client) -> None:
    """A server that refuses those addresses is found by the sample, not by the first shopper."""
    gateway = Gateway(SENT)
    await asked(redis, await worker(redis, gateway), "email", TO["email"])
    [job] = gateway.jobs
    back = make_return(SECRETS.signing, "demo", "bounces@shop.is", job.state.visitor, "0a1b2c")
    assert read_returns(SECRETS.signing, "demo", back) == [(job.state.visitor, "0a1b2c")]


async def test_a_push_goes_to_a_visitor_who_subscribed_and_to_nobody_else(desk: Desk) -> None:
    gateway = Gateway(SENT)
    ours = await worker(desk.redis, gateway)
    told = await asked(desk.redis, ours, "push", VISITOR)
    assert told is not None and told.outcome == "refused" and gateway.jobs == []
    owner = desk.owner()
    assert await owner.take_over()
    await desk.tell("push", subscription(), T0)
    await owner.fold()
    assert await asked(desk.redis, ours, "push", VISITOR) == Told("sent")
    assert gateway.jobs[0].state.subscription is not None


async def test_who_asked_is_told_what_the_provider_said(redis: Client) -> None:
    refused = failed("login", permanent=True)
    told = await asked(redis, await worker(redis, Gateway(refused)), "sms", TO["sms"])
    assert told == Told("failed", "login")
    told = await asked(redis, await worker(redis, Gateway(SENT)), "nosuch", "x")
    assert told is not None and told.outcome == "refused" and "nosuch" in told.reason
    nobody = failed(BUSY, permanent=False)
    told = await asked(redis, await worker(redis, Gateway(nobody)), "sms", TO["sms"])
    assert told is not None and told.outcome == "refused" and "try again" in told.reason, "it was not asked"


async def test_it_is_sent_once_and_ten_times_a_minute_at_most(redis: Client) -> None:
    gateway = Gateway(SENT)
    ours = await worker(redis, gateway)
    for _ in range(samples.PER_MINUTE):
        await samples.ask(redis, Sample("s" * 16, "demo", "all", "sms", TO["sms"]))
    with pytest.raises(samples.TooManySamples, match="had 10 in this minute"):
        await samples.ask(redis, Sample("s" * 16, "demo", "all", "sms", TO["sms"]))
    await ours.look()
    await ours.look()
    assert len(gateway.jobs) == samples.PER_MINUTE
