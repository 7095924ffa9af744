"""The look: seen before it is saved, refused where it cannot be read, taken back by a button."""

from __future__ import annotations

import html
import re

import msgspec
import pytest

from heimta.model.documents import ShopDoc
from heimta.model.theme import Colours, Theme, ThemeChange
from heimta.store import documents
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import EXIT, NOW, SHOP, install

AT = "/console/shops/demo/look"
GOOD = {
    "accent": "#7a1f3d", "on_accent": "#ffffff", "surface": "#fffaf5", "ink": "#2a1a20", "radius_px": "4",
    "space_px": "20", "font": "Inter, sans-serif", "scheme": "auto",
}  # fmt: skip
PALE = {**GOOD, "accent": "#ffb3c8"}


async def shop(redis: Client) -> ShopDoc:
    found = await documents.read(redis, "demo")
    assert found is not None
    return found.shop


async def test_a_look_is_saved_and_taken_back_with_its_dark_set(merchant: Browser, redis: Client) -> None:
    dark = Colours(accent="#88c0a8", on_accent="#102018", surface="#181c1a", ink="#e5e5e5")
    first = Theme(scheme="auto", dark=dark)
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(SHOP, theme=first), now=NOW)
    answer = await merchant.post(AT, data={"csrf": await merchant.token(AT), **GOOD})
    assert answer.status_code == 200 and "Saved." in answer.text
    saved = (await shop(redis)).theme
    assert (saved.accent, saved.radius_px, saved.font, saved.dark) == (
        "#7a1f3d",
        4,
        "Inter, sans-serif",
        None,
    )
    undo = answer.text.split('<form class="seen good"')[1].split("</form>")[0]
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', undo)}
    await merchant.post(AT, data=fields)
    assert (await shop(redis)).theme == first


async def test_a_dark_set_stays_with_colours_that_a_browser_writes_otherwise(
    merchant: Browser, redis: Client
) -> None:
    """Documents may have capitals; a browser's field for colours sends none."""
    dark = Colours(accent="#88C0A8", on_accent="#102018", surface="#181C1A", ink="#E5E5E5")
    await install(redis)
    theme = Theme(accent="#1F4D3F", on_accent="#FFFFFF", scheme="auto", dark=dark)
    await documents.put(redis, msgspec.structs.replace(SHOP, theme=theme), now=NOW)
    form = {name: str(getattr(theme, name)).lower() for name in GOOD} | {"font": "Inter"}
    await merchant.post(AT, data={"csrf": await merchant.token(AT), **form})
    saved = (await shop(redis)).theme
    assert (saved.font, saved.dark) == ("Inter", dark)


async def test_a_look_that_cannot_be_read_is_told_with_the_way_out_and_not_saved(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    before = (await shop(redis)).theme
    answer = await merchant.post(AT, data={"csrf": await merchant.token(AT), **PALE})
    told = html.unescape(answer.text)
    assert answer.status_code == 422
    assert "“On the accent” '#ffffff' on “Accent” '#ffb3c8' has a contrast of 1." in told
    assert "the nearest that passes: “On the accent” '#" in told and "theme." not in told
    assert 'value="#ffb3c8"' in told, "what was typed stays"
    assert (await shop(redis)).theme == before


async def test_a_look_is_seen_before_it_is_saved(merchant: Browser, redis: Client) -> None:
    await install(redis)
    before = await documents.revision(redis, "demo")
    token = await merchant.token(AT)
    seen = (await merchant.post(f"{AT}/preview", data={"csrf": token, **GOOD})).text
    assert seen.count("<svg") == 2 and 'fill="#7a1f3d"' in seen and "Everything can be read." in seen
    assert "style=" not in seen, "our own policy would not let it through"
    pale = (await merchant.post(f"{AT}/preview", data={"csrf": token, **PALE})).text
    assert "has a contrast of" in pale and "Everything can be read." not in pale
    assert await documents.revision(redis, "demo") == before


@pytest.mark.parametrize(
    "change",
    [{"radius_px": "99"}, {"accent": "red"}, {"font": "x;}"}, {"scheme": "blue"}, {"dark": "{"}],
    ids=str,
)
async def test_what_no_form_of_ours_sends_is_refused_with_words(
    merchant: Browser, redis: Client, change: dict[str, str]
) -> None:
    await install(redis)
    answer = await merchant.post(AT, data={"csrf": await merchant.token(AT), **GOOD, **change})
    assert answer.status_code == 422 and 'class="error"' in answer.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"font": "x;}"}, "Font: 'x;}' cannot be drawn; names of fonts, between commas"),
        ({"ink": "black"}, "Ink: 'black' cannot be drawn; a colour is # and six of"),
        ({"radius_px": "99"}, "Radius of corners, px: '99' is no whole number from 0 to 40"),
    ],
)
async def test_a_fault_calls_a_field_as_the_form_does(
    merchant: Browser, redis: Client, change: dict[str, str], words: str
) -> None:
    await install(redis)
    answer = await merchant.post(AT, data={"csrf": await merchant.token(AT), **GOOD, **change})
    told = html.unescape(answer.text)
    assert answer.status_code == 422 and words in told and "$." not in told


async def test_a_campaign_with_colours_of_its_own_is_called_by_its_name(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    campaign = msgspec.structs.replace(EXIT, theme=ThemeChange(ink="#1a1f1d"))
    await documents.put(redis, campaign, now=NOW)
    dark = {**GOOD, "surface": "#202020", "ink": "#ffffff", "accent": "#88c0a8", "on_accent": "#102018"}
    answer = await merchant.post(AT, data={"csrf": await merchant.token(AT), **dark})
    told = html.unescape(answer.text)
    assert f"“{EXIT.name}” has colours of its own, and on these “Ink” of the campaign '#1a1f1d'" in told
    assert "on “Surface” '#202020' has a contrast of" in told
