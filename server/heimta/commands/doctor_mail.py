"""What `heimta doctor` asks of e-mail: does each shop's server let us in now, and can one click end it?"""

from __future__ import annotations

import asyncio

from heimta.channels.dkim_sign import BadKey, sign
from heimta.channels.email import Smtp
from heimta.model.providers import Email
from heimta.operate.doctor import Finding, ok
from heimta.rules.mail.addresses import named
from heimta.store import documents, secrets
from heimta.store.connect import Client
from heimta.worker.carriers.email import server_of

_MENDS = {
    "smtp_login": "is email.user right? `heimta shop secret SHOP smtp_password` takes a new password",
    "tls": "is email.tls right, and is the server's certificate valid for email.host?",
    "timeout": "does a firewall let this machine out to email.port? Many hosts block 25",
}


async def mail_findings(
    redis: Client, shops: list[str], *, edge_url: str, smtp: Smtp | None = None
) -> list[Finding]:
    """One or more for each shop with e-mail, asked all at once. smtp: for tests."""
    knocker = smtp or Smtp()
    asked = []
    for shop in shops:
        known, kept = await documents.read_rest(redis, shop), await secrets.read(redis, shop)
        if known is not None and kept is not None and known.shop.email is not None:
            asked.append(_look(knocker, shop, known.shop.email, kept.providers, edge_url))
    return [finding for found in await asyncio.gather(*asked) for finding in found]


async def _look(smtp: Smtp, shop: str, email: Email, held: dict[str, str], edge_url: str) -> list[Finding]:
    check = f"e-mail of {shop}"
    found = []
    answer = await smtp.knock(server_of(email, held.get("smtp_password", "")))
    where = f"{email.host}:{email.port}"
    if answer.outcome == "sent":
        found.append(ok(check, f"{where} lets us in"))
    else:
        mend = _MENDS.get(answer.reason, "does it run, and are email.host and email.port right?")
        words = f"{where} does not take mail now ({answer.reason}); what is due is tried again for a while"
        found.append(Finding(check, "FAIL", words, mend))
    if email.dkim is not None:
        try:
            sign(b"From: x\r\n\r\nx", email.dkim, sender=named(email.sender)[1], key=held.get("dkim_key", ""))
        except BadKey as fault:
            mend = f"`heimta shop secret {shop} dkim_key < key.pem`, an RSA key in PEM"
            found.append(Finding(check, "FAIL", str(fault), mend))
    if not edge_url.startswith("https://"):
        words = f"HEIMTA_EDGE_URL is {edge_url!r}: mails go without the one-click header, which needs https"
        found.append(Finding(check, "WARN", words, "large providers ask for it from whoever sends much"))
    return found
