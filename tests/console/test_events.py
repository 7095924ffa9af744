"""The live view: log entries as sentences, and a stranger's text that stays text."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from heimta.console.events import LIMIT
from heimta.console.sentences import Teller, cut
from heimta.ingest.entry import AnswerNote, BoughtNote, JoinNote, Kind, MessengerNote, PassedNote, RelayNote
from heimta.model.campaign import Campaign
from heimta.model.consent import ConsentNote
from heimta.model.documents import ShopDoc
from heimta.model.fulfilment import FulfilmentNote
from heimta.model.journey import Journey
from heimta.model.message import DeliveryNote
from heimta.model.product import ProductNote
from heimta.model.visitor import VisitorState
from heimta.store import documents, keys
from heimta.store.connect import Client
from heimta.store.documents import Documents, Stored
from heimta.store.live import Entry
from tests.console.browser import Browser
from tests.console.seed import DAY_MS, DOCUMENTS, HOUR_MS, NOW, PARTITIONS, VISITOR, batch, cart, install, log

KNOWN = Documents(
    revision=1,
    shop=next(d for d in DOCUMENTS if isinstance(d, ShopDoc)),
    campaigns={d.id: Stored(d, 1, NOW) for d in DOCUMENTS if isinstance(d, Campaign)},
    journeys={d.id: Stored(d, 1, NOW) for d in DOCUMENTS if isinstance(d, Journey)},
)
HAT, SCARF = ("hat", "Wool hat", 1, 8990), ("scarf", "Scarf", 2, 3450)
OFFER = {"campaign": "exit-offer", "arm": "a"}
HUB = "." + "y" * 21


def entry(kind: str, data: object, *, id: str = "1-0") -> Entry:
    raw = data if isinstance(data, bytes) else msgspec.json.encode(data)
    return Entry(id, "demo", kind, NOW, raw)


def told(*events: tuple[str, object]) -> list[str]:
    """Sentences in the order they happened."""
    lines = Teller(KNOWN).tell([entry("batch", batch(*events))])
    return [line.text for line in reversed(lines)]


@pytest.mark.parametrize(
    ("name", "props", "text"),
    [
        ("page_viewed", {}, "opened /p/hat"),
        (
            "product_viewed",
            {"sku": "hat", "name": "Wool hat", "unit_minor": 8990},
            "looked at Wool hat (89.90\u202fEUR)",
        ),
        ("product_viewed", {"sku": "hat"}, "looked at hat"),
        ("checkout_started", {}, "went to the checkout"),
        (
            "order_completed",
            {"order": "1001"},
            "finished the checkout (order 1001, not yet confirmed by the shop)",
        ),
        ("exit_intended", {"device": "pointer", "score": 0.9}, "turned to leave"),
        ("exit_followed", {"kind": "pointer", "score": 0.9, "left": True}, "was gone a moment later"),
        ("exit_followed", {"kind": "fling", "score": 0.9, "left": False}, "stayed after all"),
        ("campaign_exposed", OFFER | {"p": 5000}, "saw \u201cTen percent before you go\u201d"),
        (
            "campaign_exposed",
            {"campaign": "exit-offer", "arm": "holdout", "p": 5000},
            "is in the holdout of \u201cTen percent before you go\u201d, and saw nothing",
        ),
        ("campaign_accepted", OFFER, "accepted \u201cTen percent before you go\u201d"),
        ("campaign_dismissed", {"campaign": "gone", "arm": "a"}, "closed \u201cgone\u201d"),
        (
            "survey_answered",
            {"campaign": "why-not", "arm": "a", "question": "main", "value": 7, "text": "slow"},
            "answered \u201cWhat is missing?\u201d with 7: \u201cslow\u201d",
        ),
        ("consent_changed", {"analytics": True, "marketing": False}, "allowed analytics"),
        ("consent_changed", {"analytics": False, "marketing": False}, "refused analytics and marketing"),
        ("message_clicked", {"message": "m"}, "clicked a notification"),
        ("page_viewed", {"width": "wide"}, "sent 'page_viewed' with details that could not be read"),
        ("mind_read", {}, "sent 'mind_read', which this console does not know"),
    ],
)
def test_an_event_is_a_sentence(name: str, props: object, text: str) -> None:
    assert told((name, props)) == [text]


def test_the_address_of_a_page_opens_nothing() -> None:
    sent = batch(("page_viewed", {})).replace(b"/p/hat", b"/checkout-link/?session=eyJhbGciOi.x&n=1")
    assert [line.text for line in Teller(KNOWN).tell([entry("batch", sent)])] == [
        "opened /checkout-link/?&n=1"
    ]


def test_cart_changes_are_told_by_comparing_carts() -> None:
    assert told(
        ("cart_updated", cart(HAT)),
        ("cart_updated", cart(HAT, SCARF)),
        ("cart_updated", cart(SCARF)),
        ("cart_updated", cart(("mug", "Mug", 1, 100), ("tea", "Tea", 1, 100))),
        ("cart_updated", cart()),
    ) == [
        "put Wool hat into the cart (89.90\u202fEUR)",
        "put 2 \u00d7 Scarf into the cart (158.90\u202fEUR)",
        "took Wool hat out of the cart (69.00\u202fEUR)",
        "has 2 items in the cart (2.00\u202fEUR)",
        "emptied the cart",
    ]


def test_a_cart_met_for_the_first_time_says_what_is_in_it() -> None:
    assert told(("cart_updated", cart(HAT, SCARF))) == ["has 3 items in the cart (158.90\u202fEUR)"]


ORDER = {"id": "1001", "currency": "EUR", "exponent": 2, "total_minor": 14301, "at": NOW, "visitor": VISITOR}


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (
            "order",
            {"type": "order_completed", "order": ORDER | {"codes": ["HEIM7"]}},
            "ordered for 143.01\u202fEUR, with HEIM7 (order 1001)",
        ),
        ("push", {"vid": VISITOR, "subscription": None}, "took notifications back"),
        (
            "claim",
            {"vid": VISITOR, "campaign": "exit-offer", "code": "HEIM7", "expires_at": NOW},
            "claimed the code HEIM7 of \u201cTen percent before you go\u201d",
        ),
        (
            "delivery",
            {"vid": VISITOR, "message": "m", "journey": "cart-back", "outcome": "failed", "reason": "503"},
            "could not be sent a notification by \u201cYour cart is waiting\u201d: 503",
        ),
        (
            "delivery",
            DeliveryNote(VISITOR, "m", "cart-back", "sent", channel="email"),
            "was sent an e-mail by \u201cYour cart is waiting\u201d",
        ),
        (
            "delivery",
            DeliveryNote(VISITOR, "m", "cart-back", "unknown", channel="sms"),
            "may have been sent an SMS by \u201cYour cart is waiting\u201d",
        ),
        (
            "relay",
            RelayNote(VISITOR, "x", "1001", 14301, "EUR", NOW),
            "ordered in another browser (order 1001)",
        ),
        (
            "relay",  # of an older release
            {"vid": VISITOR, "other": "x", "order": "1001", "minor": 1, "currency": "EUR", "at": NOW},
            "ordered in another browser (order 1001)",
        ),
        ("relay", b"{}", "an entry of the kind 'relay' that could not be read (2 bytes)"),
        (
            "product",
            ProductNote("", "hat", NOW, 8990, "EUR", True, 0, name="Wool hat"),
            "says that Wool hat is back, for 89.90\u202fEUR",
        ),
        (
            "product",
            ProductNote("", "hat", NOW, 7000, "EUR", False, 8990),
            "says that hat costs 70.00\u202fEUR, down from 89.90\u202fEUR",
        ),
        (
            "fulfilment",
            FulfilmentNote(VISITOR, "1001", "shipped", NOW),
            "has a parcel on its way (order 1001)",
        ),
        (
            "fulfilment",
            FulfilmentNote(VISITOR, "1001", "delivered", NOW),
            "has got their parcel (order 1001)",
        ),
        ("messenger", MessengerNote(VISITOR, "4711", NOW), "wrote or tapped at Messenger"),
        (
            "answer",
            AnswerNote(VISITOR, "why-not", "nps", NOW, 7, text="slow"),
            "answered \u201cWhat is missing?\u201d with 7: \u201cslow\u201d, by mail",
        ),
        (
            "answer",
            AnswerNote(VISITOR, "why-not", "missing", NOW, None, ("size",)),
            "answered \u201cWhat is missing?\u201d with size, by mail",
        ),
        ("telepathy", b"?", "an entry of the kind 'telepathy', which this console does not know"),
        ("batch", b"{", "an entry of the kind 'batch' that could not be read (1 bytes)"),
        ("order", b"[]", "an entry of the kind 'order' that could not be read (2 bytes)"),
    ],
)
def test_an_entry_is_a_sentence(kind: str, data: object, text: str) -> None:
    [line] = Teller(KNOWN).tell([entry(kind, data)])
    assert line.text == text


CONSENT = ConsentNote(HUB, "email", False, "centre", at=NOW)


def test_every_kind_of_entry_has_words() -> None:
    assert set(get_args(Kind)) == set(Teller(KNOWN)._kinds())


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("relay", JoinNote(HUB, VISITOR, 20_000)),
        ("relay", BoughtNote(VISITOR, HUB, "x", NOW)),
        ("relay", PassedNote(VISITOR, HUB, consent=CONSENT)),
        ("product", ProductNote(VISITOR, "hat", NOW, 7000, "EUR", False, 8990)),
    ],
)
async def test_what_only_passes_on_is_no_line_and_takes_no_lines_place(
    merchant: Browser, redis: Client, kind: str, note: msgspec.Struct
) -> None:
    await install(redis)
    await log(redis, "batch", batch(("checkout_started", {})), at=NOW - 1)
    for _ in range(LIMIT + 1):
        await log(redis, kind, msgspec.json.encode(note))
    page = (await merchant.get("/console/shops/demo/events")).text
    assert "went to the checkout" in page and page.count('<li class="tone-') == 1


async def test_news_of_a_product_is_the_shops_word_and_told_once(merchant: Browser, redis: Client) -> None:
    await install(redis)
    note = ProductNote("", "hat", NOW, 7000, "EUR", False, 8990, name="Wool hat")
    for partition in range(3):
        await log(redis, "product", msgspec.json.encode(note), partition=partition)
    page = (await merchant.get("/console/shops/demo/events")).text
    assert page.count("The shop says that Wool hat costs") == 1 and "Somebody" not in page


def test_a_strangers_text_is_one_short_line() -> None:
    assert cut("a\nb\u202ec\x00") == "a b c"
    assert len(cut("x" * 5_000)) == 160


async def test_the_newest_stands_first_and_own_visits_are_marked(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await log(redis, "batch", batch(("page_viewed", {})), at=NOW - 9_000, partition=1)
    await log(redis, "batch", batch(("checkout_started", {}), preview=True), at=NOW - 1_000, partition=2)
    page = (await merchant.get("/console/shops/demo/events")).text
    assert page.index("went to the checkout") < page.index("opened /p/hat")
    assert page.count('class="badge">your own visit') == 1
    assert "22:19:59" in page  # Berlin, not UTC


async def test_the_list_is_left_alone_while_nothing_is_new(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await log(redis, "batch", batch(("page_viewed", {})))
    page = (await merchant.get("/console/shops/demo/events")).text
    poll = page.split('hx-get="')[1].split('"')[0]
    assert (await merchant.get(poll)).status_code == 204
    await log(redis, "batch", batch(("checkout_started", {})), at=NOW + 1)
    answer = await merchant.get(poll)
    assert answer.status_code == 200 and "went to the checkout" in answer.text and "<html" not in answer.text


async def test_what_was_not_today_says_when_it_was(merchant: Browser, redis: Client) -> None:
    """Kept for 48 hours: yesterday at this time must not look like now."""
    await install(redis)
    for at in (NOW - DAY_MS, NOW):
        await log(redis, "batch", batch(("page_viewed", {}), at=at), at=at)
    page = (await merchant.get("/console/shops/demo/events")).text
    assert re.findall(r'<time class="muted"[^>]*>([^<]+)<', page) == ["22:20:00", "20 Nov, 22:20:00"]


async def test_a_paused_list_does_not_fetch_itself(merchant: Browser, redis: Client) -> None:
    await install(redis)
    assert "hx-get" not in (await merchant.get("/console/shops/demo/events?paused")).text


async def test_another_shops_events_are_not_shown(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await log(redis, "batch", batch(("checkout_started", {})), shop="other")
    assert "went to the checkout" not in (await merchant.get("/console/shops/demo/events")).text


async def test_install_says_whether_the_tag_was_seen(merchant: Browser, redis: Client) -> None:
    await install(redis)
    at = "/console/shops/demo/install"
    page = (await merchant.get(at)).text
    assert "The tag was not seen" in page
    assert "&lt;script async src=&#34;https://edge.example/s/demo.js&#34;&gt;&lt;/script&gt;" in page
    assert "a visit is your own: never held out, and not in what a campaign earned" in page
    assert "https://edge.example/hooks/demo/generic" in page and "https://shop.example/heimta-sw.js" in page
    await log(redis, "order", msgspec.json.encode({"type": "order_completed", "order": ORDER}))
    assert "The tag was not seen" in (await merchant.get(at)).text  # an order is no proof of the tag
    await redis.delete(keys.log(0))
    await log(redis, "batch", batch(("page_viewed", {})))
    assert "The tag works. The last event came on" in (await merchant.get(at)).text
    await documents.put(redis, msgspec.structs.replace(KNOWN.shop, own_path="/assets/k7"), now=NOW)
    assert "https://edge.example/assets/k7.js&#34;" in (await merchant.get(at)).text


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
async def test_a_platform_that_tells_of_orders_itself_gets_its_own_address(
    merchant: Browser, redis: Client, platform: str
) -> None:
    """At the other one each order was refused, for a signature that no platform makes."""
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(KNOWN.shop, cart=platform), now=NOW)
    page = (await merchant.get("/console/shops/demo/install")).text
    assert f"https://edge.example/hooks/demo/{platform}<" in page and "/hooks/demo/generic" not in page
    assert {"shopify": "“Order update”", "woocommerce": "“Order updated”"}[
        platform
    ] in page  # tells what is sent back
    assert f"heimta shop secret demo {platform}_webhook" in page and "Heimta-Signature" not in page


async def test_install_says_that_all_orders_come_hours_late(merchant: Browser, redis: Client) -> None:
    """The shop in New York told its wall's time as UTC: no order was after the popup that led to it."""
    await install(redis)
    hook = {"type": "order_completed", "order": ORDER | {"at": NOW - 5 * HOUR_MS - 60_000}}
    await log(redis, "order", msgspec.json.encode(hook))
    await log(redis, "order", b"{}")
    at = "/console/shops/demo/install"
    assert "placed 301 minutes or more before they came" in (await merchant.get(at)).text
    hook["order"] = ORDER | {"at": NOW - 60_000}
    await log(redis, "order", msgspec.json.encode(hook))
    assert "before they came" not in (await merchant.get(at)).text


async def test_install_takes_no_order_that_a_platform_tells_again_for_one_that_came_late(
    merchant: Browser, redis: Client
) -> None:
    """Yesterday's orders are told anew as their parcels leave; five tellings of one are no five orders."""
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(KNOWN.shop, cart="shopify"), now=NOW)
    hook = {"type": "order_completed", "order": ORDER | {"at": NOW - 15 * HOUR_MS, "visitor": "m" * 22}}
    for _ in range(5):
        await log(redis, "order", msgspec.json.encode(hook))
    page = (await merchant.get("/console/shops/demo/install")).text
    assert "The last order came on" in page
    assert "before they came" not in page and "names a visitor that Heimta has seen" not in page


async def test_install_says_that_no_order_names_its_visitor(merchant: Browser, redis: Client) -> None:
    await install(redis)
    at = "/console/shops/demo/install"
    for n in range(5):
        assert (
            "names a visitor that Heimta has seen" not in (await merchant.get(at)).text
        )  # perhaps by chance
        told = ORDER | {"id": f"100{n}", "visitor": f"made-up-{n}".ljust(22, "x")}
        await log(redis, "order", msgspec.json.encode({"type": "order_completed", "order": told}))
    assert "None of the last 5 orders names a visitor that Heimta has seen." in (await merchant.get(at)).text
    state = VisitorState("demo", "made-up-3".ljust(22, "x"), first_at=NOW)
    home = keys.partition_of("demo", state.visitor, PARTITIONS)
    await redis.set(keys.visitor(home, "demo", state.visitor), msgspec.msgpack.encode(state))
    assert "names a visitor that Heimta has seen" not in (await merchant.get(at)).text
