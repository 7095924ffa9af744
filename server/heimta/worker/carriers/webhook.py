"""Webhook: the message as data, signed, to an address of the merchant's own. Its fields: docs/messages.md."""

from __future__ import annotations

from typing import Any

import msgspec

from heimta.channels.outside import Outside
from heimta.channels.result import Delivery, away
from heimta.channels.webhook import Webhook
from heimta.rules.consented import confirm_of, consented
from heimta.rules.signature import sign
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.texts import say

_encode = msgspec.json.Encoder().encode


class WebhookCarrier:
    def __init__(self, outside: Outside) -> None:
        self._webhook = Webhook(outside)
        self._outside = outside

    async def send(self, job: Job) -> Delivery:
        secret = job.secrets.providers.get("hook_secret", "")
        if job.shop.hook is None or not secret:
            return away("no_secret")
        body = _encode(compose(job))
        signature = sign(secret, body, now_s=job.now // 1000)
        return await self._webhook.send(
            job.shop.hook, event=job.message.id, body=body, signature=signature, now=job.now
        )

    async def close(self) -> None:
        await self._outside.close()


def compose(job: Job) -> dict[str, Any]:
    message, cart = job.message, job.cart
    told: dict[str, Any] = {
        "type": "message_due",
        "id": message.id,
        "at": job.now,
        "shop": message.shop,
        "journey": message.journey,
        "step": message.step,
        "about": message.about,
        "lang": job.lang,
        "title": say(job, job.step.title),
        "body": say(job, job.step.body),
        "button": say(job, job.step.button),
        "restore": job.links.restore,
        "settings": job.links.settings,
        "shopper": {"visitor": message.visitor, **_addresses(job)},
        "cart": None,
        "coupon": None,
    }
    if cart is not None:
        told["cart"] = msgspec.to_builtins(cart.cart)
    if job.coupon is not None:
        told["coupon"] = {"code": job.coupon.code, "expires_at": job.coupon.expires_at}
    return told


def _addresses(job: Job) -> dict[str, str]:
    """Whom the shop said it is; of a service message whoever the order is of, which need not be who is signed
    in now. An address to which they said no is left out: it would be written to.
    """
    order = job.state.orders.get(job.message.about) if job.service else None
    known = job.state.identity if order is None or order.customer is None else order.customer
    if known is None:
        return {}
    told = {"id": known.id}
    if not consented(job.state, "email", service=job.service, confirm=confirm_of(job.shop)):
        told["email"] = known.email
    if not consented(job.state, "sms", service=job.service, confirm=confirm_of(job.shop)):
        told["phone"] = known.phone
    return {name: value for name, value in told.items() if value}
