"""What Shopify's Admin API is asked with: a token that stays good, or a day's for an app's id and secret.

Contract: shopify.dev, "Using the client credentials grant": POST /admin/oauth/access_token with `grant_type`,
`client_id` and `client_secret`, answered by `access_token` and `expires_in` (s; 86399). Since 2026 Shopify
makes no tokens that stay good: an app of the Dev Dashboard has an id and a secret, and must be of the shop's
own organisation. Tokens from before go on.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, Struct

from heimta.channels.outside import Outside, read
from heimta.channels.result import Delivery, failed
from heimta.channels.shop_coupons import BAD_ANSWER, judge
from heimta.model.providers import ShopApi

EARLY_MS = 600_000  # a token with less than this left is made anew; a batch takes a minute at most


class _Told(Struct, frozen=True):
    access_token: Annotated[str, Meta(pattern=r"^[!-~]+\Z", max_length=1000)]
    expires_in: int = 0


_told = msgspec.json.Decoder(_Told)


class ShopifyTokens:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        # By shop's address: the secret it was got with, the token, when it ends (ms).
        self._kept: dict[str, tuple[str, str, int]] = {}

    async def get(self, api: ShopApi, secret: str, *, now: int) -> str | Delivery:
        """secret: a token, or `ID:SECRET` of an app. now: ms."""
        app, colon, key = secret.partition(":")
        if not colon:
            return secret
        known, token, ends_at = self._kept.get(api.url, ("", "", 0))
        if known == secret and now < ends_at - EARLY_MS:
            return token
        asked = {"grant_type": "client_credentials", "client_id": app, "client_secret": key}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url = f"{api.url}/admin/oauth/access_token"
        answer = await self._outside.post(url, urlencode(asked).encode(), headers, now=now)
        if isinstance(answer, Delivery):
            return answer
        if not 200 <= answer.status < 300:
            fault = judge(answer)
            return failed("login", permanent=True) if fault.permanent else fault
        told = read(answer.body, _told)
        if told is None:
            return BAD_ANSWER
        self._kept[api.url] = (secret, told.access_token, now + told.expires_in * 1000)
        return told.access_token

    def forget(self, api: ShopApi) -> None:
        """It was refused: taken back before its time, or the app has other scopes now."""
        self._kept.pop(api.url, None)
