"""One request's shopper: their language, their cart, what they allowed, and what must be remembered.

All of it lives in the shop's own first-party cookies. `heimta_v` is written by the snippet after consent;
the shop only reads it, for the order webhook.
"""

from __future__ import annotations

import re
import secrets
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from heimta.demo import pricing, words
from heimta.demo.pricing import Priced
from heimta.demo.records import Notice, StoredCart
from heimta.demo.shop import Shop, shop_of

SESSION = re.compile(r"[A-Za-z0-9_-]{22}")
YEAR_S = 365 * 24 * 3600
MONTH_S = 30 * 24 * 3600

Consent = Literal["", "all", "needed"]


class Visit:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.shop: Shop = shop_of(request)
        self.now = self.shop.now()
        cookies = request.cookies
        asked = request.query_params.get("lang", "")
        known = [lang for lang in (asked, cookies.get("shop_lang", "")) if lang in words.LANGUAGES]
        self.lang = known[0] if known else words.choose(request.headers.get("accept-language", ""))
        self.words = self.shop.in_language[self.lang]
        honest = request.query_params.get("honest", cookies.get("shop_honest", ""))
        self.is_honest = honest == "1"  # a real shopper's eyes: no preview attribute on the tag
        chosen = cookies.get("shop_consent", "")
        self.consent: Consent = "all" if chosen == "all" else "needed" if chosen == "needed" else ""
        session = cookies.get("shop_cart", "")
        self.session = session if SESSION.fullmatch(session) else ""
        self.is_new_session = False
        self.cart = self.shop.records.cart(self.session) if self.session else StoredCart()

    @property
    def visitor(self) -> str:
        """Heimta's visitor id, or '' without consent. A stranger's text is not handed on."""
        visitor = self.request.cookies.get("heimta_v", "")
        return visitor if SESSION.fullmatch(visitor) else ""

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("accept", "")

    @property
    def priced(self) -> Priced:
        return pricing.price(self.shop.catalog, self.cart.lines, self.cart.discount, now=self.now)

    def tell(self, key: str, **values: str) -> None:
        self.cart.notices.append(Notice(key, values))

    def save(self) -> None:
        """Write the cart; a shopper who had none gets a session with it."""
        if not self.session:
            self.session = secrets.token_urlsafe(16)
            self.is_new_session = True
        self.shop.records.save_cart(self.session, self.cart, now=self.now)

    def take_notices(self) -> list[str]:
        """What the cart page has to say, once."""
        notices = [self.words(notice.key, **notice.values) for notice in self.cart.notices]
        if notices:
            self.cart.notices = []
            self.save()
        return notices

    def remember(self, response: Response) -> Response:
        """Set the cookies this request brought about."""
        query = self.request.query_params
        if query.get("lang") == self.lang:
            self._cookie(response, "shop_lang", self.lang, YEAR_S)
        if "honest" in query:
            self._cookie(response, "shop_honest", "1" if self.is_honest else "0", MONTH_S)
        if self.is_new_session:
            self._cookie(response, "shop_cart", self.session, MONTH_S)
        return response

    def _cookie(self, response: Response, name: str, value: str, age_s: int) -> None:
        secure = self.request.url.scheme == "https"
        response.set_cookie(name, value, max_age=age_s, httponly=True, samesite="lax", secure=secure)
