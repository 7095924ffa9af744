"""The calendar that the page reckons with: what leaves and arrives on which day, and for how far ahead."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent
from heimta.model.contents.checkout import Delivery
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.contents import checkout
from heimta.rules.contents.fill import Spoken
from heimta.rules.delivery import ARRIVES, EPOCH, LEAVES, WEEK, calendar, day_of, is_dated

NOON = int(datetime.datetime(2026, 12, 21, 12, tzinfo=datetime.UTC).timestamp() * 1000)
CAMPAIGN = """
kind: campaign
id: calm
shop: demo
name: Calm
live: true
trigger: {on: checkout}
variants: [{id: a, content: {widget: checkout, %s}}]
"""


def campaign(content: str) -> Campaign:
    [document] = read_documents(CAMPAIGN % content)
    assert isinstance(document, Campaign)
    return document


def compiled(content: str) -> dict[str, Any]:
    one = campaign(content)
    content = one.variants[0].content
    assert isinstance(content, CheckoutContent)
    whole = checkout.compile_content(content, Spoken(("en", "de")), one, "Europe/Berlin", NOON)
    return {**whole, "with": sorted(checkout.needs(content))}


def on(delivery: Delivery, date: str) -> int:
    start, days = calendar(delivery, NOON)
    return int(days[(datetime.date.fromisoformat(date) - EPOCH).days - start])


def test_holidays_of_the_country_and_region_are_closed() -> None:
    bavaria = Delivery(cut_off="15:00", country="DE", region="BY")
    berlin = Delivery(cut_off="15:00", country="DE", region="BE")
    assert [on(bavaria, f"2026-12-{day}") for day in (24, 25, 26, 27, 28)] == [3, 0, 0, 0, 3]
    assert [on(one, "2027-01-06") for one in (bavaria, berlin)] == [0, 3]  # Epiphany
    assert on(Delivery(cut_off="15:00", country="IS"), "2026-12-25") == 0


def test_days_of_the_shop_itself_are_closed_too() -> None:
    closed = Delivery(cut_off="15:00", holidays=(datetime.date(2026, 12, 24),))
    assert [on(closed, f"2026-12-{day}") for day in (23, 24, 25)] == [3, 0, 3]


def test_parcels_may_arrive_on_days_on_which_none_leaves() -> None:
    saturday = Delivery(cut_off="15:00", arrives=("mon", "tue", "wed", "thu", "fri", "sat"))
    assert [on(saturday, f"2026-12-{day}") for day in (25, 26, 27)] == [3, 2, 0]


WEEKS = st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True).map(tuple)


@given(
    weekdays=WEEKS,
    arrives=WEEKS,
    handling=st.integers(0, 5),
    most=st.integers(0, 6),
    closed=st.lists(st.dates(datetime.date(2026, 12, 1), datetime.date(2027, 6, 1)), max_size=20),
    hour=st.integers(0, 24 * 800),
)
def test_the_calendar_is_right_and_long_enough(weekdays, arrives, handling, most, closed, hour):
    """Of each day; from yesterday, for the west, to two months ahead and the way from there."""
    now = NOON + hour * 3_600_000
    delivery = Delivery("15:00", "", handling, (0, most), weekdays, arrives, holidays=tuple(closed))
    start, days = calendar(delivery, now)
    assert start == day_of(now) - 1
    for ahead, digit in enumerate(days):
        day = EPOCH + datetime.timedelta(days=start + ahead)
        name = WEEK[day.weekday()]
        is_open = day not in closed
        assert int(digit) == (
            LEAVES * (is_open and name in weekdays) + ARRIVES * (is_open and name in arrives)
        )
    late = days[60:]
    left = [i for i, digit in enumerate(late) if int(digit) & LEAVES]
    assert len(left) > handling
    arrived = [i for i, digit in enumerate(late) if int(digit) & ARRIVES and i >= left[handling]]
    assert len(arrived) > most


@pytest.mark.parametrize(
    ("delivery", "fault"),
    [
        ('cut_off: "25:00"', "cut_off"),
        ('cut_off: "15:00", transit_days: [3, 2]', "transit_days is [3, 2]"),
        ('cut_off: "15:00", hours: ["12:00", "09:00"]', "the first must be before the second"),
        ('cut_off: "15:00", region: BY', "needs delivery.country"),
        ('cut_off: "15:00", country: XX', "name the days in delivery.holidays"),
        ('cut_off: "15:00", country: DE, region: XX', "the regions of DE are BB, BE, BW"),
    ],
)
def test_faults_name_the_field_the_value_and_the_way_out(delivery: str, fault: str) -> None:
    with pytest.raises(BadDocument, match=re.escape(fault)):
        campaign("delivery: {%s}" % delivery)  # noqa: UP031


def test_what_is_off_costs_no_bytes_and_no_file() -> None:
    plain = compiled("hide: [.nav]")
    assert set(plain) == {"widget", "hide", "progress_before", "labels", "payment", "with"}
    assert plain["labels"] == {} and plain["with"] == []


def test_each_switch_brings_its_words_and_its_file() -> None:
    remember = compiled("remember: true")
    assert set(remember["labels"]) == {"remember", "remember_how", "remembered", "forgotten"}
    assert remember["with"] == ["checkout-remember"]
    assert compiled("hide: auto")["with"] == ["checkout-calm"]
    assert compiled("hide: auto")["calm"] is True
    assert compiled("hide: [], progress_before: .sums")["with"] == ["checkout-progress"]
    everything = compiled(
        "hide: auto, fields: true, errors: true, remember: true, summary: auto, coupon: auto, "
        "on_payment: true, "
        'reassurance: [{text: Safe}], delivery: {cut_off: "15:00", hours: ["09:00", "12:30"]}'
    )
    assert everything["with"] == ["checkout-calm", "checkout-delivery", "checkout-form", "checkout-remember"]
    assert "payment" not in everything
    delivery = everything["delivery"]
    assert (delivery["zone"], delivery["cut_off"], delivery["hours"]) == ("Europe/Berlin", 900, [540, 750])
    assert everything["labels"]["lacks_email"].keys() == {"en", "de"}


def test_payment_pages_are_told_by_path_and_by_what_follows_the_hash() -> None:
    pattern = compiled("hide: []")["payment"]
    assert re.search(pattern, "/checkout/payment") and re.search(pattern, "/checkout/#payment")
    assert re.search(pattern, "/checkout/order-pay/123/") and re.search(pattern, "/pay")
    assert not re.search(pattern, "/checkout/") and not re.search(pattern, "/papaya")
    own = compiled('hide: [], payment_pages: ["/kasse.php?*", "/b(z"]')["payment"]
    assert re.search(own, "/kasse.php?x") and re.search(own, "/b(z") and not re.search(own, "/kassexphp?x")


def test_only_what_has_dates_is_compiled_anew_each_day() -> None:
    dated, plain = campaign('delivery: {cut_off: "15:00"}'), campaign("hide: auto")
    assert is_dated([plain, dated]) and not is_dated([plain])


def test_the_vectors_are_the_browsers() -> None:
    """Held to by widgets/test/promise.test.mjs; here, that they say enough."""
    vectors = json.loads((Path(__file__).parents[1] / "vectors" / "delivery.json").read_text("utf-8"))
    cases = vectors["cases"]
    assert len(cases) == 1540 and len(vectors["zones"]) == 14
    assert sum(case[-1] is not None for case in cases) > 1300
