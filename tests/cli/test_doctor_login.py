"""What `heimta doctor` says of the logins at an SMS gateway and at Meta."""

from __future__ import annotations

import msgspec
from aiohttp.test_utils import TestServer, unused_port

from heimta.commands.doctor_login import login_findings
from heimta.model.providers import Facebook, Sms
from heimta.store import documents, secrets
from heimta.store.connect import Client
from tests.channels.email_job import SECRETS, SHOP
from tests.stubs.graph import PAGE, GraphStub
from tests.stubs.graph import TOKEN as PAGE_TOKEN
from tests.stubs.twilio import ACCOUNT, TwilioStub
from tests.stubs.twilio import TOKEN as SMS_TOKEN
from tests.worker.shop import T0


async def install(redis: Client, sms: str, facebook: str) -> None:
    await secrets.create(redis, "demo", SECRETS)
    shop = msgspec.structs.replace(
        SHOP, sms=Sms(ACCOUNT, "Shop", url=sms, country="DE"), facebook=Facebook(PAGE, url=facebook)
    )
    await documents.put(redis, shop, now=T0)


async def test_an_expired_login_is_named_with_the_secret_that_mends_it(redis: Client) -> None:
    twilio, graph = TwilioStub(), GraphStub()
    async with TestServer(twilio.app()) as sms, TestServer(graph.app()) as meta:
        places = [f"http://127.0.0.1:{server.port}" for server in (sms, meta)]
        await install(redis, *places)
        assert await login_findings(redis, ["demo"], trusted=places, now=T0) == [], (
            "no token is named elsewhere"
        )
        for name in ("sms_token", "facebook_token"):
            await secrets.set_provider(redis, "demo", name, "expired")
        refused = await login_findings(redis, ["demo"], trusted=places, now=T0)
        assert [one.level for one in refused] == ["FAIL", "FAIL"]
        assert "sms_token" in refused[0].mend and "facebook_token" in refused[1].mend
        assert "kept" in refused[0].words and "expired" not in "".join(each.words for each in refused)
        await secrets.set_provider(redis, "demo", "sms_token", SMS_TOKEN)
        await secrets.set_provider(redis, "demo", "facebook_token", PAGE_TOKEN)
        well = await login_findings(redis, ["demo"], trusted=places, now=T0)
    assert [(one.check, one.level) for one in well] == [("SMS of demo", "OK"), ("Messenger of demo", "OK")]
    assert (twilio.sent, graph.sent) == ([], [])


async def test_a_gateway_that_cannot_be_reached_is_said_to_be(redis: Client) -> None:
    away = f"http://127.0.0.1:{unused_port()}"
    await install(redis, away, away)
    await secrets.set_provider(redis, "demo", "sms_token", SMS_TOKEN)
    [found] = await login_findings(redis, ["demo"], trusted=[away], now=T0)
    assert found.level == "FAIL" and "connection" in found.words
