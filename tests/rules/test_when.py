"""What the page gets of when a campaign shows: only what is asked, and `rules` where it is rare."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import convert
from msgspec.structs import replace

from heimta.model.campaign import Attention, Audience, Frequency, Schedule, Trigger, Variant
from heimta.model.contents import CheckoutContent, PopupContent, PushContent, SurveyContent
from heimta.rules.compile import compile_config
from heimta.rules.when import compile_when
from tests.worker.shop import CAMPAIGN, SHOP


@pytest.mark.parametrize(
    ("audience", "trigger", "schedule", "rules"),
    [
        ({"min_items": 1, "pages": ["/p/*"], "max_cart_minor": 0}, {"on": "exit"}, None, False),
        ({}, {"on": "engaged", "after_s": 4}, {}, False),
        ({"visitors": "all", "push": "any"}, {"on": "after"}, None, False),
        ({"devices": ["touch"]}, {"on": "exit"}, None, True),
        ({"attributes": {"group": ["vip"]}}, {"on": "exit"}, None, True),
        ({"hours": ["18:00-24:00"]}, {"on": "exit"}, None, True),
        ({}, {"on": "exit", "min_score": 0.8}, None, True),
        ({}, {"on": "added"}, None, True),
        ({}, {"on": "exit"}, {"days": ["sat", "sun"]}, True),
    ],
    ids=str,
)
def test_the_file_for_rare_conditions_is_named_only_where_one_is(
    audience: Any, trigger: Any, schedule: Any, rules: bool
):
    campaign = replace(
        CAMPAIGN,
        audience=convert(audience, Audience),
        trigger=convert(trigger, Trigger),
        schedule=None if schedule is None else convert(schedule, Schedule),
    )
    assert compile_when(campaign, "UTC").get("rules", False) is rules
    widgets = {name: (f"/w/{name}.js", "sha384-x") for name in ("stage", "mount", "rules", "popup")}
    config = compile_config(
        SHOP, [(campaign, 1)], revision=1, vapid_public="", widgets=widgets, now=1_800_000_000_000
    )
    assert ("rules" in config["widgets"]) is rules


def test_each_condition_in_the_words_of_the_page():
    campaign = replace(
        CAMPAIGN,
        trigger=Trigger("click", selector=".gift"),
        audience=Audience(
            hours=("18:00-24:00",), holds=("HAT*",), attributes={"group": ("vip",)}, min_visits=2
        ),
        schedule=Schedule(starts="2026-11-27", days=("mon",), hours=("22:00-02:00",)),
    )
    assert compile_when(campaign, "Europe/Berlin") == {
        "trigger": {"on": "click", "after_s": 0, "selector": ".gift"},
        "audience": {
            "holds": ("HAT*",),
            "min_visits": 2,
            "hours": [(1080, 1440)],
            "attributes": {"group": ("vip",)},
        },
        "frequency": {"max": 1, "per_h": 24},
        "schedule": {
            "zone": "Europe/Berlin",
            "starts": 1795734000000,
            "days": ["Mon"],
            "hours": [(1320, 120)],
        },
        "rules": True,
    }


POPUP = Variant("a", PopupContent("T"))
SURVEY = Variant("a", SurveyContent("Q"))
PUSH = Variant("a", PushContent("T"))
CHECKOUT = Variant("a", CheckoutContent())


@pytest.mark.parametrize(
    ("variant", "frequency", "expected"),
    [
        (POPUP, {}, {"max": 1, "per_h": 24}),
        (POPUP, {"after_no": "never"}, {"max": 1, "per_h": 24, "no": True}),
        (SURVEY, {}, {"max": 1, "per_h": 14 * 24, "ever": 2, "no": True}),
        (SURVEY, {"per_h": 999}, {"max": 1, "per_h": 999, "ever": 2, "no": True}),
        (SURVEY, {"again_days": 0}, {"max": 1, "per_h": 24, "ever": 1, "no": True}),
        (SURVEY, {"after_no": "again"}, {"max": 1, "per_h": 14 * 24, "ever": 2}),
        (PUSH, {}, {"max": 1, "per_h": 24, "no": True}),
        (CHECKOUT, {}, {"max": 1, "per_h": 24}),
    ],
    ids=str,
)
def test_how_often(variant: Variant, frequency: Any, expected: Any):
    campaign = replace(CAMPAIGN, variants=(variant,), frequency=convert(frequency, Frequency))
    assert compile_when(campaign, "UTC")["frequency"] == expected


def test_the_shops_budget_travels_only_where_it_is_another():
    def attention(of: Attention) -> object:
        shop = replace(SHOP, attention=of)
        config = compile_config(shop, [], revision=1, vapid_public="", widgets={}, now=1_800_000_000_000)
        return config.get("attention")

    assert attention(Attention()) is None
    assert attention(Attention(per_day=1, apart_s=600)) == {"per_day": 1, "apart_s": 600}
