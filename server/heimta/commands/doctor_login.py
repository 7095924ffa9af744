"""What `heimta doctor` asks of SMS gateways and of Meta: is each shop's login good now? Nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection

from heimta.channels.messenger import TOKEN, Messenger
from heimta.channels.outside import Outside
from heimta.channels.result import Delivery
from heimta.channels.sms import LOGIN, SmsGateway
from heimta.operate.doctor import Finding, ok
from heimta.store import documents, secrets
from heimta.store.connect import Client

PATIENCE_S = 5.0
_MENDS = {
    LOGIN: "is sms.account right, has it money left? `heimta shop secret SHOP sms_token` takes a new token",
    TOKEN: "`heimta shop secret SHOP facebook_token` takes a new one of the page",
    "address": "docs/messages.md says where a `url` may lead",
}


async def login_findings(
    redis: Client, shops: list[str], *, trusted: Collection[str] = (), now: int
) -> list[Finding]:
    """One for each shop's SMS and Messenger that has a token, asked all at once. trusted: as of Outside."""
    outside = Outside(trusted=trusted, timeout_s=PATIENCE_S)
    gateway, messenger = SmsGateway(outside), Messenger(outside)
    asked: list[Awaitable[Finding]] = []
    try:
        for shop in shops:
            known, kept = await documents.read_rest(redis, shop), await secrets.read(redis, shop)
            if known is None or kept is None:
                continue
            sms, facebook, held = known.shop.sms, known.shop.facebook, kept.providers
            if sms is not None and (token := held.get("sms_token")):
                asked.append(_look(f"SMS of {shop}", sms.url, gateway.knock(sms, token, now=now)))
            if facebook is not None and (token := held.get("facebook_token")):
                app = held.get("facebook_app", "")
                answer = messenger.knock(facebook, token, app_secret=app, now=now)
                asked.append(_look(f"Messenger of {shop}", facebook.url, answer))
        return list(await asyncio.gather(*asked))
    finally:
        await outside.close()


async def _look(check: str, url: str, asked: Awaitable[Delivery]) -> Finding:
    answer = await asked
    if answer.outcome == "sent":
        return ok(check, f"{url} does not refuse the login")
    if answer.away:
        words = f"{url} does not let us in ({answer.reason}); what is due is kept until it is too late for it"
    else:
        words = f"{url} cannot be asked ({answer.reason})"
    return Finding(check, "FAIL", words, _MENDS.get(answer.reason, "does this machine reach it?"))
