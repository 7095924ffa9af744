"""`heimta shop secret`: taken from standard input, never shown, and missed where a document needs it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from typer.testing import CliRunner

from heimta.cli import cli
from heimta.commands.common import CommandError
from heimta.model.audience import AdAudience
from heimta.model.channel import CHANNELS
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey, Send
from heimta.model.providers import Email, Facebook, Hook, Sms
from heimta.model.providers.needs import SECRETS, lacking, secrets_of
from heimta.store import documents, secrets
from heimta.store.connect import connect
from heimta.store.secrets import Secrets

SHOP = ShopDoc(id="demo", name="Demo", origins=("http://localhost:1",), currency="EUR")
FULL = ShopDoc(
    id="demo",
    name="Demo",
    origins=("http://localhost:1",),
    currency="EUR",
    push=Push(subject="mailto:me@shop.is"),
    email=Email(sender="a@shop.is", host="mail.shop.is", user="a"),
    sms=Sms(account="AC1", sender="Demo", country="DE"),
    facebook=Facebook(page="1"),
    hook=Hook(url="https://shop.is/hook"),
)


def journey(*, live: bool = True) -> Journey:
    steps = tuple(Send(channel, channel, "Hello") for channel in CHANNELS)
    return Journey(id="all", shop="demo", name="All", live=live, trigger="cart_abandoned", steps=steps)


def test_each_channel_without_a_provider_is_named() -> None:
    told = lacking(SHOP, [journey()], [])
    assert len(told) == len(CHANNELS)
    assert all(f"sends by {channel} " in " ".join(told) for channel in CHANNELS)
    assert lacking(SHOP, [journey(live=False)], []) == []


def test_each_secret_that_the_document_needs_is_named_until_it_is_kept() -> None:
    wanted = secrets_of(FULL)
    assert set(wanted) <= set(SECRETS) and "smtp_password" in wanted and "hook_secret" in wanted
    assert len(lacking(FULL, [journey()], [])) == len(wanted)
    assert lacking(FULL, [journey()], wanted) == []


def test_an_ad_audience_for_google_needs_no_token() -> None:
    only_google = {"winter": AdAudience()}
    assert secrets_of(msgspec.structs.replace(SHOP, ad_audiences=only_google)) == []
    both = {**only_google, "left": AdAudience(meta="12345")}
    assert secrets_of(msgspec.structs.replace(SHOP, ad_audiences=both)) == ["facebook_ads_token"]


@pytest.fixture
def shop(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)

    async def make() -> None:
        redis = connect(store_url)
        await redis.flushall()
        await secrets.create(redis, "demo", Secrets("w", "s", "p", "v"))
        await documents.put(redis, FULL, now=1)
        await redis.aclose()

    asyncio.run(make())


def run(*words: str, stdin: str = "", command: str = "secret") -> str:
    result = CliRunner().invoke(cli, ["shop", command, *words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_it_is_read_from_standard_input_and_never_shown(shop: None, store_url: str) -> None:
    value = "-----BEGIN KEY-----\nsecret words\n-----END KEY-----"
    assert "dkim_key of shop demo is kept" in run("demo", "dkim_key", stdin=value + "\n")

    async def held() -> dict[str, str]:
        redis = connect(store_url)
        kept = await secrets.read(redis, "demo")
        await redis.aclose()
        assert kept is not None
        return kept.providers

    assert asyncio.run(held()) == {"dkim_key": value}
    told = run("demo")
    assert "secret words" not in told
    lines = {line.split()[0]: line.split()[1] for line in told.splitlines()}
    assert (lines["dkim_key"], lines["sms_token"], lines["shopify_token"]) == ("kept", "MISSING", "-")
    assert "is gone" in run("demo", "dkim_key", "--remove")
    assert asyncio.run(held()) == {}


def test_a_new_webhook_secret_is_printed_and_the_others_stay(shop: None, store_url: str) -> None:
    printed = run("demo", command="rotate-webhook-secret").splitlines()[0].removeprefix("webhook_secret: ")
    assert len(printed) == 43

    async def held() -> Secrets | None:
        redis = connect(store_url)
        kept = await secrets.read(redis, "demo")
        await redis.aclose()
        return kept

    assert asyncio.run(held()) == Secrets(printed, "s", "p", "v")
    with pytest.raises(CommandError, match="no shop 'none'"):
        run("none", command="rotate-webhook-secret")


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (["demo", "smtp_pasword"], "x", "did you mean smtp_password"),
        (["demo", "sms_token"], "\n", "is empty"),
        (["demo", "sms_token"], "a\x00b", "characters that no password"),
        (["demo", "shopify_token"], "shpat_1\nshpat_2", "shopify_token has several lines, and it is one"),
        (["demo", "sms_token"], "a" * 20_000, "longer than 16,384"),
        (["demo", "mail_login"], "a:b", "a password of 1; it is NAME:PASSWORD, and the password needs 20"),
        (["demo", "mail_login"], "a:" + "b" * 19, "needs 20, for example what `openssl rand -hex 24` prints"),
        (["demo", "mail_login"], "b" * 40, "a password of 0"),
        (["demo", "mail_login"], ":" + "b" * 40, "a name of 0 characters"),
        (["nosuch", "sms_token"], "x", "there is no shop 'nosuch'"),
        (["nosuch"], "", "there is no shop 'nosuch'"),
    ],
)
def test_what_is_wrong_is_said(shop: None, words: list[str], stdin: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run(*words, stdin=stdin)


def test_a_login_that_is_hard_to_guess_is_kept(shop: None) -> None:
    assert "is kept" in run("demo", "mail_login", stdin="postmark:" + "b:" * 10)
