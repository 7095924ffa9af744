"""What somebody applies while a page of the console saves: both changes are kept."""

from __future__ import annotations

import html

import msgspec
import pytest

from heimta.store import documents
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW, SHOP, install
from tests.console.test_look import GOOD

CART = {"platform": "selectors", "checkout": "/kasse", "line": ".cart-item"}


@pytest.mark.parametrize(("page", "form"), [("look", GOOD), ("cart", CART)])
@pytest.mark.parametrize("is_first", [True, False], ids=["before it is read", "before it is written"])
async def test_what_is_applied_meanwhile_is_kept(
    merchant: Browser,
    redis: Client,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    form: dict[str, str],
    is_first: bool,
) -> None:
    await install(redis)
    at = f"/console/shops/demo/{page}"
    sent = form | {"csrf": await merchant.token(at)}
    edited = msgspec.structs.replace(SHOP, abandoned_after_min=7)
    hget, reads = type(redis).hget, 0

    async def meanwhile(self: Client, *args: str) -> bytes | None:
        nonlocal reads
        reads += 1
        if reads == 1 and is_first:
            await documents.put(redis, edited, now=NOW)
        raw = await hget(self, *args)  # type: ignore[misc]
        if reads == 1:
            await documents.put(redis, edited, now=NOW)
        return raw

    monkeypatch.setattr(type(redis), "hget", meanwhile)
    answer = await merchant.post(at, data=sent)
    monkeypatch.undo()
    assert answer.status_code == 200 and "Saved" in html.unescape(answer.text)
    held = await documents.read(redis, "demo")
    assert held is not None and held.shop.abandoned_after_min == 7
    assert held.shop.theme.accent == "#7a1f3d" if page == "look" else held.shop.urls.checkout == "/kasse"
    assert await documents.revision(redis, "demo") == 7  # five documents, theirs, and ours


async def test_a_shop_that_is_none_cannot_be_changed(redis: Client) -> None:
    with pytest.raises(KeyError, match="shop 'none'"):
        await documents.change_shop(redis, "none", lambda shop: shop, now=NOW)
