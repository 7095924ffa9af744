"""What `heimta doctor` says of a shop's e-mail, asked of a real SMTP server."""

from __future__ import annotations

from pathlib import Path

import msgspec

from heimta.channels.email import Smtp
from heimta.commands.doctor_mail import mail_findings
from heimta.model.providers import Email
from heimta.model.providers.email import Dkim
from heimta.store import documents, secrets
from heimta.store.connect import Client
from tests.channels.email_job import SECRETS, SHOP
from tests.stubs.smtp import PASSWORD, MailServer, certificate
from tests.worker.shop import T0

HTTPS = "https://edge.example"


async def install(redis: Client, port: int, **email: object) -> None:
    given = {"sender": "Shop <hello@shop.example>", "host": "localhost", "port": port, **email}
    await secrets.create(redis, "demo", SECRETS)
    shop = msgspec.structs.replace(SHOP, email=msgspec.convert(given, Email))
    await documents.put(redis, shop, now=T0)


async def test_a_server_that_lets_us_in_is_well_and_gets_no_mail(redis: Client, tmp_path: Path) -> None:
    context, trust = certificate(tmp_path)
    async with MailServer(context, login=True) as server:
        await install(redis, server.port, user="shop")
        smtp = Smtp(trust=lambda: trust)
        [refused] = await mail_findings(redis, ["demo"], edge_url=HTTPS, smtp=smtp)
        assert (refused.level, "smtp_login" in refused.words) == ("FAIL", True)
        assert "smtp_password" in refused.mend
        await secrets.set_provider(redis, "demo", "smtp_password", PASSWORD)
        [well] = await mail_findings(redis, ["demo"], edge_url=HTTPS, smtp=smtp)
    assert (well.check, well.level) == ("e-mail of demo", "OK")
    assert server.mails == []


async def test_what_is_wrong_is_said_with_the_way_out_and_no_secret(redis: Client) -> None:
    async with MailServer() as server:
        await install(redis, server.port, tls="none", dkim=msgspec.to_builtins(Dkim("heimta")))
        await secrets.set_provider(redis, "demo", "dkim_key", "no key at all")
        found = await mail_findings(redis, ["demo"], edge_url="http://localhost:8000")
    assert [finding.level for finding in found] == ["OK", "FAIL", "WARN"]
    assert "DKIM" in found[1].words and "one-click" in found[2].words
    assert "no key at all" not in "".join(finding.words + finding.mend for finding in found)
    [away, *_] = await mail_findings(redis, ["demo"], edge_url=HTTPS)
    assert away.level == "FAIL" and "connection" in away.words


async def test_a_shop_without_e_mail_is_asked_nothing(redis: Client) -> None:
    await secrets.create(redis, "demo", SECRETS)
    await documents.put(redis, msgspec.structs.replace(SHOP, email=None), now=T0)
    assert await mail_findings(redis, ["demo"], edge_url=HTTPS) == []
