"""What `heimta apply` says of a journey: the field, the value, the rule and the way out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import yaml

from heimta.model.campaign import Campaign, Trigger, Variant
from heimta.model.contents import PopupContent, SurveyContent
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey
from heimta.rules.apply import BadDocument, notes, read_documents
from heimta.rules.journey_warnings import journey_warnings
from heimta.rules.templates import templates

MAIL = {"do": "send", "id": "mail", "channel": "email", "title": "A", "body": "B"}
ASKING = {**MAIL, "survey": "ask"}
SEND = {"do": "send", "id": "ask", "channel": "push", "title": "Hello"}


def journey(**changes: Any) -> str:
    plain = {
        "kind": "journey",
        "id": "back",
        "shop": "demo",
        "name": "Back",
        "trigger": "cart_abandoned",
        "steps": [SEND],
        **changes,
    }
    return yaml.safe_dump(plain)


def branch(condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"do": "branch", "id": "b", "if": condition, "then": [{"do": "exit", "id": "x"}], **more}


BAD = [
    ({"trigger": {"on": "ordered", "after_min": 5}}, "trigger.after_min is 5.0; it is only for browse_aband"),
    ({"trigger": {"on": "event", "event": "sneezed"}}, "trigger.event is 'sneezed'; it must be an event of"),
    ({"trigger": {"on": "segment"}}, "trigger.segment: missing; it says whom the journey waits for"),
    ({"trigger": {"on": "segment", "segment": {}}}, "trigger.segment is empty; it holds for everyone"),
    ({"trigger": {"on": "segment", "segment": {"clicked": "ask"}}}, "asks of the journey itself"),
    ({"trigger": {"on": "date"}}, "either a `day`, or `days_after`, or `yearly: true`"),
    ({"trigger": {"on": "date", "day": "2026-02-30"}}, "trigger.day is '2026-02-30'; there is no such day"),
    ({"trigger": "sneezed"}, "trigger is \"sneezed\""),
    ({"steps": [SEND, SEND]}, "steps have the ids ['ask', 'ask']"),
    ({"steps": [SEND, branch({"sent": "asked"})]}, "if.sent is 'asked'; there is no such `send`"),
    ({"steps": [SEND, branch({"min_orders": 3, "max_orders": 2})]}, "min_orders is 3 and max_orders 2"),
    ({"steps": [SEND, {"do": "branch", "id": "b", "if": {"min_orders": 1}}]}, "so it decides nothing"),
    ({"steps": [SEND, branch({})]}, "step 'b': if is empty"),
    ({"steps": [{"do": "exit", "id": "x"}, SEND]}, "step 'ask' stands behind the exit 'x'"),
    ({"steps": [{"do": "wait", "id": "w", "minutes": 5}]}, "none of them does anything"),
    (
        {"steps": [SEND, {"do": "wait_for", "id": "w", "minutes": 5, "if": {"quiet_days": 3}}]},
        "if.quiet_days is about time alone; a `wait` waits for that",
    ),
    ({"steps": [{**SEND, "survey": "ask"}]}, "survey is 'ask'; only e-mails ask"),
    ({"steps": [{**ASKING, "template": "cart"}]}, "template is 'cart', and it asks the survey 'ask'"),
    ({"steps": [{**SEND, "title": ""}]}, "title is missing; a push has nothing else"),
    ({"steps": [{**SEND, "channel": "sms", "title": ""}]}, "body is missing; it is all that an SMS"),
    ({"steps": [{**SEND, "body": "Take {code}"}]}, "a text has {code}, and the step no `coupon`"),
    ({"steps": [{**SEND, "coupon": {"kind": "percent"}}]}, "coupon.value is 0; a percent offer"),
    ({"steps": [{**SEND, "channel": "pigeon"}]}, 'steps[0].channel is "pigeon"; it must be push, email'),
    ({"service": True}, "service is true, and the trigger is 'cart_abandoned'; only what follows an order"),
    (
        {"service": True, "trigger": "ordered", "steps": [{"do": "audience", "id": "a", "audience": "x"}]},
        "step 'a': service is true, and ad audiences are marketing",
    ),
    ({"steps": [MAIL, branch({"clicked": "mail"})]}, "if.clicked is 'mail', which goes by email"),
    ({"steps": [MAIL], "ends_on": ["clicked"]}, "ends_on has 'clicked', and no step sends a push"),
    (
        {"trigger": {"on": "event", "event": "page_viewed", "of": "/sale"}},
        "trigger.of is '/sale'; page_viewed is about no campaign and no sku",
    ),
    ({"ends_if": {"min_cart_minor": 9, "max_cart_minor": 1}}, "ends_if: min_cart_minor is 9"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), BAD, ids=[told[:40] for _, told in BAD])
def test_a_bad_journey_is_told_by_field(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BadDocument) as failed:
        read_documents(journey(**changes))
    assert told in str(failed.value)


def test_branches_may_stand_three_deep_in_each_other_and_no_deeper() -> None:
    def nested(depth: int) -> dict[str, Any]:
        inside = [nested(depth - 1)] if depth > 1 else [{**SEND, "id": "deep"}]
        return {"do": "branch", "id": f"b{depth}", "if": {"min_orders": depth}, "then": inside}

    read_documents(journey(steps=[nested(3)]))
    with pytest.raises(BadDocument, match="4 deep in each other; at most 3"):
        read_documents(journey(steps=[nested(4)]))


def test_the_short_trigger_and_the_long_one_are_the_same() -> None:
    [short] = read_documents(journey())
    [long] = read_documents(journey(trigger={"on": "cart_abandoned"}))
    assert short.begins == long.begins  # type: ignore[union-attr]


def told(**changes: Any) -> list[str]:
    [document] = read_documents(journey(live=True, **changes))
    return notes(document)


def test_what_is_right_and_still_worth_saying() -> None:
    assert told() == []
    assert "has no holdout: nobody will know what it earned" in told(holdout_pct=0)[0]
    offer = {"kind": "percent", "value": 10}
    assert "has a coupon, and no text with {code}" in told(steps=[{**SEND, "coupon": offer}])[0]
    assert told(steps=[{**MAIL, "coupon": offer}]) == []  # each design shows it
    assert told(trigger={"on": "date", "days_after": 60}) == []
    assert "away for 90 days is forgotten" in told(trigger={"on": "date", "days_after": 180})[0]
    assert "away for 90 days is forgotten" in told(trigger={"on": "date", "yearly": True})[0]


def test_a_live_journey_is_held_against_its_shop_and_its_neighbours() -> None:
    shop = ShopDoc("demo", "Demo", ("https://shop.example",), "EUR", push=Push("mailto:me@shop.example"))
    ads = {"do": "audience", "id": "ads", "audience": "left"}
    steps = [SEND, {"do": "send", "id": "mail", "channel": "email", "title": "A", "body": "B"}, ads]
    [one, other, calm] = read_documents(
        "---\n".join(
            (
                journey(live=True, steps=steps),
                journey(id="other", live=True, trigger={"on": "checkout_abandoned"}),
                journey(id="calm", live=True, priority=50),
            )
        )
    )
    assert isinstance(one, Journey) and isinstance(other, Journey) and isinstance(calm, Journey)
    told = list(journey_warnings(one, shop, [one, other, calm]))
    assert told == [
        "journey 'back', step 'mail': the shop's document has no `email`, so nothing can go out",
        "journey 'back', step 'ads': the shop has no ad audience 'left' (ad_audiences)",
        "journey 'back' and 'other' are both about 'cart' with priority 100: a shopper may get both. "
        "Give the more important one a larger priority",
    ]
    assert not list(journey_warnings(calm, shop, [one, other, calm]))
    many = [msgspec.structs.replace(other, id=f"other-{number}") for number in range(7)]
    [words] = [told for told in journey_warnings(one, shop, [one, *many]) if "priority" in told]
    assert words.startswith("journey 'back', 'other-0' and 6 others are all about 'cart' with priority 100: ")
    [words] = [told for told in journey_warnings(one, shop, [one, *many[:2]]) if "priority" in told]
    assert words.startswith("journey 'back', 'other-0' and 'other-1' are all about 'cart'")


def test_a_survey_that_a_mail_asks_must_be_there() -> None:
    mail = {"sender": "me@shop.example", "host": "smtp.shop.example", "imprint": "Me"}
    plain = {"id": "demo", "name": "D", "origins": ["https://shop.example"], "currency": "EUR", "email": mail}
    shop = msgspec.convert({"kind": "shop", **plain}, ShopDoc)
    [asking] = read_documents(journey(live=True, steps=[{**ASKING, "template": "survey"}]))
    assert isinstance(asking, Journey)
    [told_so] = journey_warnings(asking, shop, [asking], [])
    assert "the shop has no survey 'ask', so nothing can go out" in told_so
    survey = Campaign("ask", "demo", "Ask", Trigger("exit"), (Variant("a", SurveyContent("How?")),))
    assert not list(journey_warnings(asking, shop, [asking], [survey]))
    popup = msgspec.structs.replace(survey, variants=(Variant("a", PopupContent("No survey")),))
    assert list(journey_warnings(asking, shop, [asking], [popup])) == [told_so]


SHOP = ShopDoc("demo", "Demo", ("https://shop.example",), "EUR", push=Push("mailto:me@shop.example"))


def warned(**changes: Any) -> list[str]:
    [document] = read_documents(journey(live=True, **changes))
    assert isinstance(document, Journey)
    claims = Campaign("exit", "demo", "Exit", Trigger("exit"), (Variant("a", PopupContent("Stay")),))
    return list(journey_warnings(document, SHOP, [document], [claims]))


def test_words_that_shoppers_would_read_as_they_are_written_are_told() -> None:
    odd = {**SEND, "title": {"en": "Hi {name}", "de": "Hallo {name}"}, "body": "{item}, {count}"}
    assert warned(steps=[odd]) == [
        "journey 'back', step 'ask': nothing is put in for {name}; what there is here: {count}, {item}"
    ]
    assert (
        "{item}; what there is here: none" in warned(trigger="signed_up", steps=[{**odd, "title": "Hi"}])[0]
    )
    assert warned(trigger="price_dropped", steps=[{**SEND, "body": "{item}: {was}, now {price}"}]) == []
    [cart, parcel] = warned(
        trigger="shipped", steps=[{**MAIL, "title": "{order}: {item}", "body": "{tracking}"}]
    )[1:]
    assert "{item} is put in only where the order names its cart; other shoppers read it as it is" in cart
    assert "{tracking} is put in only where the shop tells the parcel's address" in parcel
    looked = {"on": "event", "event": "product_viewed"}
    assert warned(trigger=looked, steps=[{**SEND, "body": "{item}"}]) == []


def test_campaigns_that_a_journey_asks_of_must_be_there() -> None:
    assert warned(steps=[SEND, branch({"claimed": "exit"})]) == []
    [told_so] = warned(steps=[SEND, branch({"claimed": "exitt"})])
    assert "claimed is 'exitt'; the shop has no campaign of that id, so it never holds" in told_so
    on = {"on": "event", "event": "campaign_accepted"}
    assert warned(trigger={**on, "of": "exit"}) == []
    assert "trigger.of is 'gone'; the shop has no campaign" in warned(trigger={**on, "of": "gone"})[0]


@pytest.mark.parametrize("name", [name for name, one in templates().items() if not one.widget])
def test_no_template_has_a_word_that_nothing_is_put_in_for(name: str) -> None:
    document = templates()[name].document
    assert isinstance(document, Journey)
    live = msgspec.structs.replace(document, live=True)
    assert not [told for told in journey_warnings(live, SHOP, []) if "put in" in told]
