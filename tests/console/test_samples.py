"""A journey's messages, sent to oneself: the console asks, a worker answers, the page says so."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from heimta.console import samples as page
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send, Wait
from heimta.model.providers import Email, Hook, Sms
from heimta.model.sample import Told
from heimta.store import documents, samples
from heimta.store.connect import Client
from tests.console.browser import Browser, token_in
from tests.console.seed import NOW, SHOP, install

ADDRESS = "/console/shops/demo/journeys/try-me/try"
TRY_ME = Journey(
    id="try-me",
    shop="demo",
    name="Try me",
    trigger="cart_abandoned",
    steps=(
        Send("mail", "email", {"en": "<b>Your cart</b>"}),
        Wait("wait", 60),
        Send("text", "sms", body="{item} waits"),
        Send("hook", "webhook"),
    ),
)

EVERYTHING = msgspec.structs.replace(
    SHOP,
    email=Email("Demo <me@shop.example>", "mail.shop.example"),
    sms=Sms("AC" + "a" * 32, "+4915199999999"),
    hook=Hook("https://hook.shop.example/heimta"),
)


async def opened(redis: Client, merchant: Browser, shop: ShopDoc = EVERYTHING) -> str:
    await install(redis)
    await documents.put(redis, shop, now=NOW)
    await documents.put(redis, TRY_ME, now=NOW)
    answer = await merchant.get(ADDRESS)
    assert answer.status_code == 200
    return answer.text


async def worker(redis: Client, told: Told) -> list[str]:
    """Answers the next one. Returns where it should have gone."""
    while (sample := await samples.take(redis)) is None:
        await asyncio.sleep(0.01)
    await samples.answer(redis, sample, told)
    return [sample.shop, sample.journey, sample.step, sample.to]


async def test_every_message_has_a_form_that_asks_for_its_address(redis: Client, merchant: Browser) -> None:
    text = await opened(redis, merchant)
    assert "E-mail: &lt;b&gt;Your cart&lt;/b&gt;" in text and "SMS: {item} waits" in text
    assert text.count('name="step"') == 3 and text.count('name="to"') == 2
    assert "https://hook.shop.example/heimta" in text and text.count(">Send</button>") == 3
    listed = (await merchant.get("/console/shops/demo/campaigns")).text
    assert f'href="{ADDRESS}"' in listed


async def test_a_channel_that_is_not_set_up_says_so_before_anyone_types(
    redis: Client, merchant: Browser
) -> None:
    text = await opened(redis, merchant, msgspec.structs.replace(EVERYTHING, sms=None, hook=None))
    assert "has no <code>sms</code>" in text and "<code>hook: {url: https://…}</code>" in text
    assert text.count('name="to"') == text.count(">Send</button>") == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told("sent"), "The provider took it."),
        (Told("failed", "login"), "did not take it: login."),
        (Told("gone", "number"), "nobody is there: number."),
        (Told("unknown", "timeout"), "may have left: timeout."),
    ],
)
async def test_what_the_provider_said_is_told_beside_the_message(
    redis: Client, merchant: Browser, told: Told, words: str
) -> None:
    csrf = token_in(await opened(redis, merchant))
    form = {"csrf": csrf, "step": "mail", "to": " me@shop.example "}
    asked, answer = await asyncio.gather(worker(redis, told), merchant.post(ADDRESS, data=form))
    assert asked == ["demo", "try-me", "mail", "me@shop.example"]
    assert words in answer.text and answer.text.count('class="seen') == 1


async def test_without_an_address_nothing_is_asked_and_without_a_worker_the_page_says_so(
    redis: Client, merchant: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = token_in(await opened(redis, merchant))
    monkeypatch.setattr(page, "PATIENCE_S", 0.2)
    answer = await merchant.post(ADDRESS, data={"csrf": csrf, "step": "text", "to": ""})
    assert "Your telephone number is missing." in answer.text and await samples.take(redis) is None
    answer = await merchant.post(ADDRESS, data={"csrf": csrf, "step": "text", "to": "+491511"})
    assert "Nobody answered" in answer.text
    for _ in range(samples.PER_MINUTE):
        answer = await merchant.post(ADDRESS, data={"csrf": csrf, "step": "hook"})
    assert "10 in a minute are enough" in answer.text


async def test_what_is_not_there_is_not_sent(redis: Client, merchant: Browser) -> None:
    csrf = token_in(await opened(redis, merchant))
    assert (await merchant.get(ADDRESS.replace("try-me", "nosuch"))).status_code == 404
    for step in ("wait", "nosuch"):
        assert (await merchant.post(ADDRESS, data={"csrf": csrf, "step": step})).status_code == 404
    assert (
        await merchant.post(ADDRESS, data={"csrf": "x", "step": "mail", "to": "a@b.is"})
    ).status_code == 403
