"""The page of the ad audiences: who is in, what hinders in plain words, the comparison, and Google's file."""

from __future__ import annotations

import html
import re
from hashlib import sha256

import msgspec
import pytest

from heimta.journeys.audiences import put
from heimta.model.audience import AdAudience, Change, keys_of
from heimta.model.visitor import Identity, VisitorState
from heimta.store import audiences, documents, keys
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import NOW
from tests.worker.shop import SHOP

PAGE = "/console/shops/demo/ad-audiences"
CAMPAIGNS = "/console/shops/demo/campaigns"
MINUTE = 60_000
ANNA = keys_of(email="anna@example.com", phone="+354 581 2345")
BO = keys_of(email="bo@example.com", phone="")


async def install(redis: Client) -> None:
    """Anna and Bo are in `carts`, Anna with two keys; `winter` is for files, and Bo is held back there."""
    kept = {"carts": AdAudience("120330000000000001"), "winter": AdAudience(days=60)}
    await documents.put(
        redis, msgspec.structs.replace(SHOP, timezone="Europe/Berlin", ad_audiences=kept), now=NOW
    )
    for number, (email, phone) in enumerate([("Anna@example.com", "+354 581 2345"), ("bo@example.com", "")]):
        state = VisitorState("demo", f"{number:022}", marketing=True)
        state.identity = Identity(email=email, phone=phone)
        put(state, "carts", adds=True, now=NOW)
        await redis.set(keys.visitor(number, "demo", state.visitor), msgspec.msgpack.encode(state))
    wished = [Change("carts", True, NOW, ANNA), Change("carts", True, NOW, BO)]
    await audiences.wish(redis, "demo", [*wished, Change("winter", True, NOW + 1, BO)], now=NOW)
    await audiences.hold(redis, "demo", [f"winter:{BO[0]}"], audiences.EXCLUDED, now=NOW)


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split()))


async def told(redis: Client, *people: str) -> None:
    await audiences.told(redis, "demo", [f"carts:{key}" for key in people], is_in=True, now=NOW)


async def test_before_the_first_ad_audience_the_page_teaches(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    said = text_of((await merchant.get(PAGE)).text)
    assert "No ad audience yet" in said and "heimta shop secret demo facebook_ads_token" in said
    assert "Ad audiences" in text_of((await merchant.get(CAMPAIGNS)).text)


async def test_people_are_counted_and_not_their_addresses(merchant: Browser, redis: Client) -> None:
    await install(redis)
    said = text_of((await merchant.get(PAGE)).text)
    assert "carts Meta 120330000000000001, 30 days File for Google Ads 0 3 0 never" in said
    assert "winter for files, 60 days File for Google Ads 0 0 1 never" in said
    assert "Not compared yet. It is due, and begins as soon as a worker comes to it." in said
    await told(redis, *ANNA, *BO)
    await audiences.note(redis, "demo", {"told_at": NOW, "told_at.carts": NOW})
    said = text_of((await merchant.get(PAGE)).text)
    assert "File for Google Ads 2 0 0 21 Nov 2025, 22:20" in said
    assert "is not told" not in said and "Nothing is told" not in said


async def test_what_the_network_refuses_is_said_in_plain_words_with_the_way_out(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await audiences.note(redis, "demo", {"fault": "token", "wait_until": NOW + 10 * MINUTE})
    said = text_of((await merchant.get(PAGE)).text)
    assert "Nothing is told Meta does not take the token any more" in said
    assert "heimta shop secret demo facebook_ads_token It is tried again at 22:30:00" in said
    assert "Ad audiences (2 not told)" in text_of((await merchant.get(CAMPAIGNS)).text)

    one = {"fault": "", "fault.carts": "no_such_audience", "wait_until.carts": NOW, "fault.gone": "blocked"}
    await audiences.note(redis, "demo", one)
    said = text_of((await merchant.get(PAGE)).text)
    assert "“carts” is not told Meta has no audience with this id" in said and "flagged" not in said
    assert "It is tried again with the next change." in said
    assert "Ad audiences (1 not told)" in text_of((await merchant.get(CAMPAIGNS)).text)


async def test_changes_that_nobody_tells_are_noticed(merchant: Browser, redis: Client) -> None:
    await install(redis)
    later = [Change("carts", True, NOW - 10 * MINUTE, keys_of(email="c@example.com", phone=""))]
    await audiences.wish(redis, "demo", later, now=NOW - 10 * MINUTE)
    assert "4 changes wait since 10 minutes Is a worker running?" in text_of((await merchant.get(PAGE)).text)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"started": NOW - 9, "done": NOW - 5, "drift": 0, "expired": 3, "members": 2},
         "Last on 21 Nov 2025, 22:19 : what was told is what carts and orders say. "
         "3 addresses were let go, their days being over. Next on 22 Nov 2025, 03:00"),
        ({"started": NOW - 9, "done": NOW - 5, "drift": 1, "expired": 0, "members": 2},
         "1 address was told wrongly and put right."),
        ({"started": NOW - 9, "done": NOW - 900, "drift": 0, "expired": 0}, "It is under way now."),
        ({"started": NOW - 9, "done": NOW - 5, "asked": NOW, "drift": 0, "expired": 0}, "It is due,"),
    ],
    ids=["in order", "drift", "under way", "asked for"],
)  # fmt: skip
async def test_the_comparison_is_told(
    merchant: Browser, redis: Client, run: dict[str, str | int], words: str
) -> None:
    await install(redis)
    await audiences.note(redis, "demo", run)
    assert words in text_of((await merchant.get(PAGE)).text)


async def test_googles_file_is_a_download_of_who_is_in(merchant: Browser, redis: Client) -> None:
    await install(redis)
    answer = await merchant.get(f"{PAGE}/carts.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="demo-carts-google.csv"'
    anna, number, bo = (
        sha256(word).hexdigest() for word in (b"anna@example.com", b"+3545812345", b"bo@example.com")
    )
    assert sorted(answer.text.splitlines()) == sorted(["Email,Phone", f"{anna},{number}", f"{bo},"])
    assert answer.text.startswith("Email,Phone\n")
    await audiences.wish(redis, "demo", [Change("carts", False, NOW + 1, BO)], now=NOW)  # Bo bought
    assert bo not in (await merchant.get(f"{PAGE}/carts.csv")).text
    assert (await merchant.get(f"{PAGE}/winter.csv")).text == "Email,Phone\n"
    assert (await merchant.get(f"{PAGE}/summer.csv")).status_code == 404


async def test_who_has_two_browsers_is_one_line_of_googles_file(
    merchant: Browser, redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await install(redis)
    again = VisitorState("demo", f"{2:022}", marketing=True)
    again.identity = Identity(email="anna@example.com", phone="+354 581 2345")
    put(again, "carts", adds=True, now=NOW)
    await redis.set(keys.visitor(2, "demo", again.visitor), msgspec.msgpack.encode(again))
    for part in (1, 500):
        monkeypatch.setattr("heimta.console.google_file.PART", part)
        assert len((await merchant.get(f"{PAGE}/carts.csv")).text.splitlines()) == 3


async def test_nobody_without_a_login_gets_the_file(anyone: Browser, redis: Client) -> None:
    await install(redis)
    answer = await anyone.get(f"{PAGE}/carts.csv")
    assert answer.status_code == 303 and "/console/login" in answer.headers["location"]
