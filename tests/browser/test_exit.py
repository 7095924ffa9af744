"""Leaving in real Chromium: fields, a select, dialogs and drawers veto it; a plain way out is told.

One page for all, and its time passes by our word alone: three seconds before anything counts, two between
two signs, and a hand's speed whatever else the machine does.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import own_time
from tests.browser.snippet_shop import Edge, snippet_shop

BODY = """<style>dialog{margin:60px auto}#drawer{position:fixed;top:0;right:-400px;width:300px;height:600px}
#field{position:absolute;top:100px}#size{position:absolute;top:140px}</style>
<input id="field"><select id="size"><option>S</option><option>M</option></select>
<dialog id="sizes">Sizes</dialog><div id="drawer" role="dialog" aria-modal="true">Cart</div>"""
TOLD = """window.told=[];
heimta('plugin',(core)=>core.taps.push((what,{kind})=>what.startsWith('exit')&&told.push(what+' '+kind)))"""
OUT_MS = 900  # beyond the edge: longer than a way out like this one needs
REST_MS = 2100  # between two signs


@pytest.fixture(scope="module")
def edge(bundles: dict[str, bytes]) -> Iterator[Edge]:
    with snippet_shop(bundles) as edge:
        yield edge


@pytest.fixture(scope="module")
def page(chromium: Browser, edge: Edge) -> Iterator[Page]:
    """The shop's page, past its first seconds."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.clock.install()
    page.goto(edge.shop_url)
    page.wait_for_function("window.heimta && heimta.on")
    page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", BODY)
    page.evaluate(TOLD)
    own_time.stop(page)
    yield page
    context.close()


def leave(page: Page) -> list[str]:
    """Out through the top as a hand would, and beyond for longer than a graze. What was told of it."""
    page.mouse.move(600, 300)
    page.evaluate("told.length = 0")
    own_time.go_out(page, 600, (80, 60, 40, 20, 5), -4)
    page.clock.run_for(OUT_MS)
    told: list[str] = page.evaluate("told")
    return told


def test_a_way_out_is_told_and_what_followed(page: Page) -> None:
    assert leave(page) == ["exit_intended pointer"]
    page.mouse.move(600, 300)
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told")[1] == "exit_followed pointer"
    page.clock.run_for(REST_MS)


@pytest.mark.parametrize("name", ["field", "size"])
def test_a_field_or_a_select_that_was_gone_into_is_a_veto(page: Page, name: str) -> None:
    page.locator(f"#{name}").focus()
    page.keyboard.press("Shift")
    assert leave(page) == []
    page.locator(f"#{name}").blur()


@pytest.mark.parametrize(
    "cover",
    ["document.querySelector('#sizes').showModal()", "document.querySelector('#drawer').style.right = 0"],
)
def test_an_open_dialog_is_a_veto(page: Page, cover: str) -> None:
    page.evaluate(cover)
    assert leave(page) == []
    page.evaluate("document.querySelector('#sizes').close();document.querySelector('#drawer').style.right=''")


def test_with_all_of_them_shut_again_a_way_out_is_told(page: Page) -> None:
    assert leave(page) == ["exit_intended pointer"]
