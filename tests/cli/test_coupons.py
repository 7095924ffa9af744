"""`heimta coupons`: pools of codes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from heimta.cli import cli
from heimta.commands.common import CommandError
from heimta.model.campaign import Offer
from heimta.rules.apply import write_document
from heimta.store import coupons, documents, secrets
from heimta.store.connect import connect
from heimta.store.secrets import Secrets
from tests.worker.shop import CAMPAIGN, SHOP

T0 = 1_763_760_000_000


@pytest.fixture
def shop(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)

    async def make() -> None:
        redis = connect(store_url)
        await redis.flushall()
        await secrets.create(redis, "demo", Secrets("w", "s", "p", "v"))
        await redis.aclose()

    asyncio.run(make())


def run(*words: str, stdin: str = "") -> str:
    result = CliRunner().invoke(cli, ["coupons", *words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_file_is_imported_once_and_told_of(shop: None, tmp_path: Path, store_url: str) -> None:
    file = tmp_path / "codes.csv"
    file.write_text('﻿Code;used\nHELLO-1;no\n\nhello-1;no\n"HELLO-2";no\n')
    assert run("import", "demo", "autumn", str(file)) == "2 codes put into pool autumn; it holds 2\n"
    again = run("import", "demo", "autumn", "-", stdin="HELLO-2\nHELLO-3\n")
    assert again == "1 codes put into pool autumn, 1 were in a pool before; it holds 3\n"

    async def give() -> None:
        redis = connect(store_url)
        offer = Offer("percent", 10, pool="autumn", max_coupons=1)
        got = await coupons.for_message(redis, "demo", ("v" * 22,), offer, "m" * 22, 4, now=T0)
        assert isinstance(got, coupons.Coupon)
        await redis.aclose()

    asyncio.run(give())
    told = run("list", "demo")
    assert "messages: 1 handed out, 0 used, 0 expired, at most 1, 2 codes left  ALARM" in told
    assert "pool autumn: 2 codes left" in told
    [line] = run("list", "demo", "--json").splitlines()
    assert json.loads(line)["used_pct"] == 100
    assert run("drop", "demo", "autumn") == "2 codes dropped from pool autumn\n"
    assert "it holds 0" in run("import", "demo", "autumn", str(file))
    assert "it holds 2" in run("import", "demo", "autumn", str(file), "--again")


def test_only_what_is_live_is_alarm(shop: None, store_url: str) -> None:
    offer = Offer("percent", 10, max_coupons=1)

    async def give(live: bool, most: int) -> None:
        redis = connect(store_url)
        await documents.put(redis, SHOP, now=T0)
        reason = coupons.page_reasons("demo", "v" * 22, CAMPAIGN.id, offer, None)[0]
        await coupons.hand_out(redis, "demo", ["v" * 22], offer, reason, 4, now=T0)
        changed = msgspec.structs.replace(offer, max_coupons=most)
        await documents.put(redis, msgspec.structs.replace(CAMPAIGN, offer=changed, live=live), now=T0)
        await redis.aclose()

    for live, most, alarm in ((True, 1, True), (False, 1, False), (True, 9, False)):
        asyncio.run(give(live, most))
        [line] = run("list", "demo").splitlines()
        assert line == f"c.{CAMPAIGN.id}: 1 handed out, 0 used, 0 expired, at most {most}{'  ALARM' * alarm}"


def test_an_offer_that_is_off_is_told_with_the_ceilings_it_has_now_as_in_the_console(
    shop: None, store_url: str
) -> None:
    asyncio.run(off_and_raised(store_url))
    assert run("list", "demo").splitlines() == [
        "c.exit-offer: 1 handed out, 0 used, 0 expired, at most 9",
        "c.other: 0 handed out, 0 used, 0 expired, at most 9",
    ]


async def off_and_raised(store_url: str) -> None:
    redis = connect(store_url)
    await documents.put(redis, SHOP, now=T0)
    offer = Offer("percent", 10, max_coupons=1)
    reason = coupons.page_reasons("demo", "v" * 22, CAMPAIGN.id, offer, None)[0]
    await coupons.hand_out(redis, "demo", ["v" * 22], offer, reason, 4, now=T0)
    raised = msgspec.structs.replace(offer, max_coupons=9)
    for name in (CAMPAIGN.id, "other"):
        await documents.put(
            redis, msgspec.structs.replace(CAMPAIGN, id=name, offer=raised, live=False), now=T0
        )
    await redis.aclose()


def test_a_shop_with_another_currency_is_told_what_was_saved_in_each_and_what_to_apply_anew(
    shop: None, store_url: str, tmp_path: Path
) -> None:
    offer = Offer("amount", 500, budget_minor=2000)

    async def give() -> None:
        redis = connect(store_url)
        await documents.put(redis, SHOP, now=T0)
        await documents.put(redis, msgspec.structs.replace(CAMPAIGN, offer=offer), now=T0)
        await documents.put(redis, msgspec.structs.replace(CAMPAIGN, id="plain", offer=None), now=T0)
        reason = coupons.page_reasons("demo", "v" * 22, CAMPAIGN.id, offer, None)[0]
        got = await coupons.hand_out(redis, "demo", ["v" * 22], offer, reason, 4, now=T0)
        assert isinstance(got, coupons.Coupon)
        await coupons.redeem(redis, "demo", got.code, "o1", 4, total_minor=9000, now=T0)
        await redis.aclose()

    asyncio.run(give())
    file = tmp_path / "shop.yaml"
    file.write_text(write_document(msgspec.structs.replace(SHOP, currency="JPY")))
    told = CliRunner().invoke(cli, ["apply", str(file)])
    names = f"as they were in campaign {CAMPAIGN.id!r}: apply them anew, in minor units of JPY"
    assert "warning: shop 'demo': currency was EUR and is JPY now" in told.stderr and names in told.stderr
    assert "currency was" not in CliRunner().invoke(cli, ["apply", str(file)]).stderr
    line = "1 handed out, 1 used, 0 expired, 0 of 2000 minor units, 500 minor units of EUR saved before"
    assert f"c.{CAMPAIGN.id}: {line}\n" in run("list", "demo")


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (["import", "demo", "autumn", "-"], "GOOD\nno code!\n", "line 2: 'no code!'"),
        (["import", "demo", "autumn", "-"], "\n", "has 0 codes"),
        (["import", "demo", "Autumn Sale", "-"], "GOOD\n", "small letters"),
        (["import", "demo", "autumn", "-", "--until", "soon"], "GOOD\n", "YYYY-MM-DD"),
        (["import", "nosuch", "autumn", "-"], "GOOD\n", "there is no shop"),
        (["import", "demo", "autumn", "/nosuch/file"], "", "No such file"),
        (["list", "nosuch"], "", "there is no shop"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_imported(
    shop: None, words: list[str], stdin: str, told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        run(*words, stdin=stdin)
    assert run("list", "demo") == "shop 'demo' has handed out no coupon and has no pool\n"
