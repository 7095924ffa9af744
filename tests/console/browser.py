"""A browser as far as these tests need one: cookies, forms, and the token a form carries."""

from __future__ import annotations

import re

import httpx2
from starlette.applications import Starlette

EMAIL, PASSWORD = "jana@shop.example", "correct horse battery"


class Browser(httpx2.AsyncClient):
    def __init__(self, app: Starlette, base: str = "http://console.test") -> None:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url=base)

    async def token(self, path: str = "/console/login") -> str:
        return token_in((await self.get(path)).text)

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD, **more: str) -> httpx2.Response:
        form = {"csrf": await self.token(), "email": email, "password": password} | more
        return await self.post("/console/login", data=form)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has no form token"
    return found[1]
