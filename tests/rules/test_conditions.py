"""What is wrong with when a campaign shows is told by field; what can never come true is warned of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from msgspec import convert
from msgspec.structs import replace

from heimta.model.campaign import Audience, Campaign, Schedule, Trigger
from heimta.rules.apply import BadDocument, read_documents, write_document
from heimta.rules.conditions import warnings
from tests.worker.shop import CAMPAIGN, SHOP

NOW = round(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp() * 1000)
DOCUMENT = {
    "kind": "campaign", "id": "x", "shop": "demo", "name": "X", "trigger": {"on": "exit"},
    "variants": [{"id": "a", "content": {"widget": "popup", "title": "T"}}],
}  # fmt: skip


def read(**changes: Any) -> Campaign:
    [campaign] = read_documents(yaml.safe_dump({**DOCUMENT, **changes}))
    assert isinstance(campaign, Campaign)
    return campaign


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"trigger": {"on": "scroll"}}, ["trigger.depth_pct is missing", "60"]),
        ({"trigger": {"on": "exit", "depth_pct": 60}}, ["trigger.depth_pct is 60", "leave it out"]),
        ({"trigger": {"on": "click"}}, ["trigger.selector is missing", ".gift-finder"]),
        ({"trigger": {"on": "click", "selector": "a["}}, ["trigger.selector is 'a['", "bracket"]),
        ({"trigger": {"on": "after", "selector": ".a"}}, ["trigger.selector is '.a'", "on: click"]),
        ({"trigger": {"on": "after", "min_score": 0.8}}, ["trigger.min_score is 0.8", "on: exit"]),
        ({"trigger": {"on": "exit", "min_score": 0.2}}, ["trigger", "min_score", "from 0.5"]),
        ({"trigger": {"on": "idle", "after_s": 2}}, ["trigger.after_s is 2", "5 seconds"]),
        ({"audience": {"hours": ["9-17"]}}, ["audience.hours", "9-17"]),
        ({"audience": {"hours": ["09:00-09:00"]}}, ["audience.hours has '09:00-09:00'", "00:00-24:00"]),
        ({"audience": {"hours": ["09:00-12:00", "11:00-13:00"]}}, ["audience.hours", "overlap"]),
        ({"audience": {"attributes": {"a b": ["x"]}}}, ["audience", "a b"]),
        ({"audience": {"attributes": {"group": []}}}, ["audience", "group"]),
        ({"audience": {"attributes": {f"n{n}": ["x"] for n in range(11)}}}, ["audience", "most 10 entries"]),
        ({"schedule": {"starts": "2026-02-30"}}, ["schedule.starts is '2026-02-30'", "no calendar"]),
        ({"schedule": {"starts": "tomorrow"}}, ["schedule", "tomorrow"]),
        ({"schedule": {"starts": "2026-12-02", "ends": "2026-12-01"}}, ["schedule.ends", "before"]),
        ({"schedule": {"days": ["someday"]}}, ["schedule", "someday"]),
        ({"frequency": {"max": 100}}, ["frequency", "max", "to 99"]),
        ({"frequency": {"after_no": "maybe"}}, ["frequency", "maybe"]),
    ],
    ids=str,
)
def test_a_fault_names_the_field_the_value_and_the_way_out(changes: dict[str, Any], told: list[str]):
    with pytest.raises(BadDocument) as fault:
        read(**changes)
    for part in told:
        assert part in str(fault.value)


def test_a_day_may_be_written_without_quotes_and_comes_back_as_it_was():
    text = yaml.safe_dump(DOCUMENT) + "schedule: {starts: 2026-11-27, ends: 2026-11-30T18:00}\n"
    [campaign] = read_documents(text)
    assert isinstance(campaign, Campaign)
    assert campaign.schedule == Schedule(starts="2026-11-27", ends="2026-11-30T18:00")
    assert read_documents(write_document(campaign)) == [campaign]


@pytest.mark.parametrize(
    ("audience", "trigger", "told"),
    [
        ({"min_cart_minor": 2, "max_cart_minor": 1}, {}, "min_cart_minor is 2, above max_cart_minor 1"),
        ({"min_visits": 3, "max_visits": 2}, {}, "min_visits is 3, above max_visits 2"),
        ({"visitors": "new", "min_visits": 2}, {}, "a new one is on the first visit"),
        ({"visitors": "returning", "max_visits": 1}, {}, "second visit"),
        ({"languages": ["fr"]}, {}, "the shop speaks en"),
        ({"pages": ["product/*"]}, {}, "a page begins with /"),
        ({"pages": ["/p/*", "/c"], "not_pages": ["/p*", "/c"]}, {}, "leaves nothing of pages"),
        ({"not_pages": ["*"]}, {}, "every page"),
        ({"holds": ["HAT-M"], "not_holds": ["hat-*"]}, {}, "leaves nothing of holds"),
        ({"min_items": 1}, {"on": "order"}, "empty once the order is placed"),
        ({"not_pages": ["/checkout*"]}, {"on": "checkout"}, "not_pages"),
        ({"pages": ["/cart"]}, {"on": "checkout"}, "has not /checkout"),
    ],
    ids=str,
)
def test_what_can_never_hold_is_warned_of(audience: dict[str, Any], trigger: dict[str, Any], told: str):
    campaign = replace(
        CAMPAIGN, audience=convert(audience, Audience), trigger=convert({"on": "exit"} | trigger, Trigger)
    )
    [warning] = warnings(campaign, SHOP, NOW)
    assert warning.startswith("campaign 'exit-offer' can never show: ")
    assert told in warning


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ({"ends": "2026-11-21"}, "schedule.ends is '2026-11-21': it is over; give it a later day"),
        ({"starts": "2026-11-24", "ends": "2026-11-25", "days": ["mon"]}, "schedule is never open"),
    ],
)
def test_a_schedule_that_does_not_open_again_is_warned_of(schedule: dict[str, Any], told: str):
    [warning] = warnings(replace(CAMPAIGN, schedule=convert(schedule, Schedule)), SHOP, NOW)
    assert told in warning


@pytest.mark.parametrize(
    ("audience", "trigger", "schedule"),
    [
        ({}, {"on": "exit"}, {}),
        ({"languages": ["fr", "en"]}, {"on": "exit"}, {"starts": "2027-01-01"}),
        ({"pages": ["/checkout*"]}, {"on": "checkout"}, {"ends": "2026-11-22"}),
        ({"pages": ["*"], "not_pages": ["/cart"]}, {"on": "checkout"}, {"days": ["sun"]}),
        (
            {"pages": ["/p/*"], "not_pages": ["/p/1"], "holds": ["a*"], "not_holds": ["ab"]},
            {"on": "exit"},
            {},
        ),
        ({"max_cart_minor": 0}, {"on": "order"}, {"hours": ["22:00-02:00"]}),
    ],
    ids=str,
)
def test_what_may_hold_one_day_is_not(audience: Any, trigger: Any, schedule: Any):
    campaign = replace(
        CAMPAIGN,
        audience=convert(audience, Audience),
        trigger=convert(trigger, Trigger),
        schedule=convert(schedule, Schedule),
    )
    assert warnings(campaign, SHOP, NOW) == []
