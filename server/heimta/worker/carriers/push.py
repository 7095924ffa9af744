"""Web push: the notification's texts and picture, to the browser's subscription.

Topic and tag are the message's id: sent again after a crash, the second replaces the first.
"""

from __future__ import annotations

from heimta.channels.push_payload import build
from heimta.channels.result import Delivery, failed
from heimta.channels.vapid import VapidKeys, load_keys
from heimta.channels.webpush import WebPush, topic_of
from heimta.rules.preference_words import word_in
from heimta.rules.tokens import make_way
from heimta.store.secrets import Secrets
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.pictures import own_picture
from heimta.worker.carriers.texts import say, words_of
from heimta.worker.carriers.way import way

TTL_S = 24 * 3600  # a push older than a day is no help
# A push service shows what it keeps whatever was bought since: "your cart is still here" waits no longer than
# this for a browser that is closed.
CART_TTL_S = 4 * 3600


class PushCarrier:
    """Keeps each shop's keys as they were loaded: reading one costs more than signing with it."""

    def __init__(self, push: WebPush) -> None:
        self._push = push
        self._keys: dict[str, VapidKeys] = {}

    async def send(self, job: Job) -> Delivery:
        push, subscription = job.shop.push, job.state.subscription
        if push is None or subscription is None:
            return failed("address", permanent=True)
        return await self._push.send(
            subscription,
            render(job),
            topic=topic_of(job.message.id),
            ttl_s=_ttl_s(job),
            urgency="normal",
            keys=self._vapid(job.message.shop, push.subject, job.secrets),
            now=job.now,
        )

    async def close(self) -> None:
        await self._push.close()

    def _vapid(self, shop: str, subject: str, secrets: Secrets) -> VapidKeys:
        keys = self._keys.get(shop)
        if keys is None or (keys.subject, keys.public) != (subject, secrets.vapid_public):
            keys = self._keys[shop] = load_keys(secrets.vapid_private, subject)
        return keys


def _ttl_s(job: Job) -> int:
    """How long a push service may keep it: not until its code has run out, either."""
    ttl_s = TTL_S if job.cart is None else CART_TTL_S
    if job.coupon is None:
        return ttl_s
    return max(0, min(ttl_s, (job.coupon.expires_at - job.now) // 1000))


def render(job: Job) -> bytes:
    """The push message's JSON."""
    return build(
        title=say(job, job.step.title),
        body=say(job, job.step.body),
        navigate=_through_edge(job, way(job)[0]),
        tag=job.message.id,
        lang=job.lang,
        vid=job.state.visitor,
        message=job.message.id,
        settings=(word_in(job.shop, "action", job.lang), job.links.settings),
        image=_picture(job),
    )


def _through_edge(job: Job, address: str) -> str:
    """The service worker opens nothing but the edge and the origin it was installed on (widgets/src/sw.ts),
    and which of the shop's that is, nobody knows here.
    """
    if address.startswith(f"{job.links.edge}/"):
        return address
    return f"{job.links.edge}/r/to/{make_way(job.secrets.signing, job.message.shop, address)}"


def _picture(job: Job) -> str:
    """Of the cart's first line, or of the product that the message is about."""
    if not job.step.picture:
        return ""
    if job.cart is not None and job.cart.cart.lines:
        return own_picture(job.cart.cart.lines[0].image, job.shop.origins)
    return own_picture(words_of(job).get("image", ""), job.shop.origins)
