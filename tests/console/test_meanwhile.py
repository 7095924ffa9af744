"""What somebody applies while a page of the console saves: both changes are kept."""

from __future__ import annotations

import html
import re

import msgspec
import pytest

from heimta.model.theme import Theme
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


def filled(page: str, form: str) -> dict[str, str]:
    """What the form sends if nothing is changed in it. form: a piece of its opening tag."""
    inside = page.split(form)[1].split("</form>")[0]
    fields = re.findall(r'<input(?![^>]*type="radio")[^>]* name="(\w+)"[^>]* value="([^"]*)"', inside)
    chosen = re.findall(r'<input type="radio" name="(\w+)"[^>]* value="([^"]*)" checked', inside)
    return {name: html.unescape(value) for name, value in [*fields, *chosen]}


@pytest.mark.parametrize(
    ("page", "mine", "theirs"),
    [
        ("look", {"font": "Inter"}, {"accent": "#7a1f3d"}),
        ("cart", {"checkout": "/kasse"}, {"platform": "shopify"}),
    ],
)
async def test_two_at_one_form_keep_each_others_changes(
    merchant: Browser, redis: Client, page: str, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(SHOP, theme=Theme(accent="#1F4D3F")), now=NOW)
    at = f"/console/shops/demo/{page}"
    opened = filled((await merchant.get(at)).text, '<form class="card')
    for change in (theirs, mine):  # both had opened it before either saved
        saved = (await merchant.post(at, data=opened | change)).text
        assert "Saved." in saved
    now = filled((await merchant.get(at)).text, '<form class="card')
    assert {name: now[name] for name in opened if name not in ("csrf", "was")} == {
        name: value for name, value in (opened | mine | theirs).items() if name not in ("csrf", "was")
    }
    await merchant.post(at, data=filled(saved, '<form class="seen good"'))  # mine, taken back
    left = filled((await merchant.get(at)).text, '<form class="card')
    assert [left[name] for name in mine] == [opened[name] for name in mine]
    assert [left[name] for name in theirs] == list(theirs.values())


async def test_a_shop_that_is_none_cannot_be_changed(redis: Client) -> None:
    with pytest.raises(KeyError, match="shop 'none'"):
        await documents.change_shop(redis, "none", lambda shop: shop, now=NOW)
