"""A seeded part of `make inject`: markup, addresses and styles stay words, at the door and behind it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from loadtest.inject import DRAWN as WANTED
from loadtest.inject import FILES, NOT_DRAWING, POLICY, Told, attack, page_of, proof_of_the_trap
from loadtest.injection.payloads import ADDRESSES, PAYLOADS, STYLES, TEXTS
from loadtest.injection.places import at_the_door
from tests.browser.shop_page import ShopPage

pytestmark = pytest.mark.browser

DRAWN = random.Random(5)
SAMPLE = [one for kind in (TEXTS, TEXTS, ADDRESSES, STYLES) for one in DRAWN.sample(kind, 1)]


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    assert len(PAYLOADS) >= 150
    assert len(set(PAYLOADS)) == len(PAYLOADS)
    assert all(one.encode() for one in PAYLOADS), "a document has to be able to hold it"


def test_nothing_but_a_text_takes_a_payload_at_the_door() -> None:
    through = [(field, one) for one in SAMPLE for field, refused in at_the_door(one) if not refused]
    assert through == []


def test_every_file_that_is_built_is_asked_or_draws_nothing(bundles: dict[str, bytes]) -> None:
    later = {name for name in bundles if not name.startswith("snippet-")}
    assert sorted(later - {*FILES, *NOT_DRAWING}) == []
    assert sorted({*FILES} - later) == []


@pytest.fixture(scope="module", params=[POLICY, ""], ids=["strict", "open"])
def told(request: pytest.FixtureRequest, chromium: Browser, shop: ShopPage) -> Iterator[Told]:
    page = page_of(chromium, shop.address, request.param)
    yield attack(page, SAMPLE)
    page.close()


def test_behind_the_door_no_payload_runs_and_no_policy_has_to_stop_one(told: Told) -> None:
    assert told.mounts >= 40
    assert (told.ran, told.reported, told.odd) == ([], [], [])
    assert sorted(WANTED - told.drawn) == [], "what is never on the page was not asked"


def test_a_payload_that_got_its_way_would_be_told_of(chromium: Browser, shop: ShopPage) -> None:
    page = page_of(chromium, shop.address, "")
    assert proof_of_the_trap(page).ran
    page.close()
