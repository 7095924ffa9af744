"""A journey step by step, with what became of its messages."""

from __future__ import annotations

import re

import msgspec

from heimta.journeys.advance import step_metric
from heimta.model.condition import Condition
from heimta.model.journey import Journey, Send, Trigger, all_steps
from heimta.model.providers import Email, Sms
from heimta.rules.templates import fitted, templates
from heimta.store import ceilings, documents, keys
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import EXIT, JOURNEY, NOW, SHOP, SURVEY, Past, install


async def shown(merchant: Browser, redis: Client, name: str) -> str:
    await install(redis)
    document = fitted(templates()[name], SHOP)
    assert isinstance(document, Journey)
    await documents.put(redis, msgspec.structs.replace(document, live=True), now=NOW)
    past = Past(redis)
    for metric, by in ((".entered", 40), ("bell.sent", 30), ("bell.clicked", 4), ("mail.skipped", 2)):
        past.count(f"s.j.{name}.{metric}", by, at=NOW)
    await past.write()
    sums = {"treated|n": 40, "treated|converted": 7, "holdout|n": 5, "holdout|converted": 1}
    await redis.hset(keys.lift(0, SHOP.id, f"j.{name}"), mapping=sums)
    answer = await merchant.get(f"/console/shops/demo/journeys/{name}")
    assert answer.status_code == 200
    return answer.text


async def test_each_step_is_told_with_what_became_of_its_messages(merchant: Browser, redis: Client) -> None:
    page = await shown(merchant, redis, "cart-push-first")
    assert dict(re.findall(r'data-metric="(\w+)" value="(\d+)"', page)) == {"entered": "40", "ordered": "7"}
    assert dict(re.findall(r'data-step="(\w+)" value="(\d+)"', page)) == {"bell": "30", "mail": "0"}
    words = re.findall(r'class="step-words">([^<]+)<', page)
    assert words[0] == "If push can reach them" and "End" in words
    assert "4 clicked" in page and "2 skipped" in page


async def test_a_survey_of_the_same_id_is_not_told_as_its_messages(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(SURVEY, id=JOURNEY.id, live=False), now=NOW)
    step = next(step.id for step in all_steps(JOURNEY.steps) if isinstance(step, Send))
    past = Past(redis)
    past.count(f"s.{JOURNEY.id}.missing.size", 9, at=NOW)
    await past.write()
    at = f"/console/shops/demo/journeys/{JOURNEY.id}"
    assert "No message in these 28 days" in (await merchant.get(at)).text
    past.count(step_metric(JOURNEY.id, step, "sent"), 3, at=NOW)
    past.count(f"s.{JOURNEY.id}.{step}.sent", 2, at=NOW)  # as it was counted until November 2026
    await past.write()
    page = (await merchant.get(at)).text
    assert f'data-step="{step}" value="5"' in page and "No message in these" not in page


async def test_a_step_that_was_taken_out_keeps_its_figures(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    for outcome, by in (("sent", 300), ("clicked", 20)):
        past.count(step_metric(JOURNEY.id, "old", outcome), by, at=NOW)
    await past.write()
    page = (await merchant.get(f"/console/shops/demo/journeys/{JOURNEY.id}")).text
    assert '“old”, taken out: <data data-step="old" value="300">300</data> sent, 20 clicked' in page


async def test_a_journeys_messages_keep_no_draft_of_the_same_id(merchant: Browser, redis: Client) -> None:
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(EXIT, id=JOURNEY.id, live=False), now=NOW)
    past = Past(redis)
    past.count(step_metric(JOURNEY.id, "remind", "sent"), 3, at=NOW)
    await past.write()
    page = (await merchant.get("/console/shops/demo/campaigns")).text
    assert f"/campaigns/{JOURNEY.id}/delete" in page


async def test_every_shipped_journey_can_be_drawn(merchant: Browser, redis: Client) -> None:
    for name in [one.name for one in templates().values() if not one.widget]:
        page = await shown(merchant, redis, name)
        assert "Step by step" in page and "style=" not in page


async def test_money_in_a_segment_has_its_currency_wherever_the_journey_is_described(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    segment = Trigger("segment", segment=Condition(min_spent_minor=50_000))
    best = msgspec.structs.replace(JOURNEY, id="best", trigger=segment)
    await documents.put(redis, best, now=NOW)
    for end in ("", "/campaigns", "/journeys/best"):
        page = (await merchant.get(f"/console/shops/demo{end}")).text
        assert "when it comes to be so: they spent 500.00\u202fEUR or more" in page, end


async def test_a_journey_that_is_none_is_not_found(merchant: Browser, redis: Client) -> None:
    await install(redis)
    assert (await merchant.get("/console/shops/demo/journeys/none")).status_code == 404


async def test_far_more_mails_than_usual_are_told_beside_the_switches(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    mailing = msgspec.structs.replace(SHOP, email=Email("Demo <me@shop.is>", "mail.shop.is", per_day=600))
    await documents.put(redis, mailing, now=NOW)

    async def told(count: int) -> str:
        for number in range(count):
            await ceilings.take(redis, "demo", "email", f"m{number}", most=600, insists=True, now=NOW)
        return (await merchant.get("/console/shops/demo/campaigns")).text

    assert "email.per_day" not in await told(479)
    assert "E-mails of the day run out" in await told(499)
    page = await told(500)
    assert "Far more e-mails than usual" in page and "there is no earlier day" in page
    assert "No more e-mails until there is room" in await told(600)


async def test_a_journey_that_mails_tells_how_many_addresses_confirmed(
    merchant: Browser, redis: Client
) -> None:
    page = await shown(merchant, redis, "seven-ways-back")
    assert 'data-metric="confirmed"' not in page, "the shop has no e-mail"
    email = Email("Demo <hello@shop.example>", "smtp.shop.example", confirm="always")
    await documents.put(redis, msgspec.structs.replace(SHOP, email=email), now=NOW)
    past = Past(redis)
    past.count("s.j.heimta.confirm.mail.sent", 12, at=NOW)
    past.count("email.confirmed", 9, at=NOW)
    await past.write()
    page = (await merchant.get("/console/shops/demo/journeys/seven-ways-back")).text
    assert re.findall(r'data-metric="confirmed" value="(\d+)"', page) == ["9"]
    assert "12 mails asked" in page and "email.confirm: always" in page


async def test_a_journey_that_sends_sms_tells_how_many_the_shop_has_left(
    merchant: Browser, redis: Client
) -> None:
    page = await shown(merchant, redis, "seven-ways-back")
    assert 'data-metric="sms"' not in page, "the shop has no SMS"
    texting = msgspec.structs.replace(SHOP, sms=Sms("AC1", "+4915112345678", per_day=2))
    await documents.put(redis, texting, now=NOW)
    for number in range(2):
        await ceilings.take(redis, "demo", "sms", f"m{number}", most=2, insists=False, now=NOW)
    page = (await merchant.get("/console/shops/demo/journeys/seven-ways-back")).text
    assert re.findall(r'data-metric="sms" value="(\d+)"', page) == ["2"] and "More wait" in page
    push = (await merchant.get("/console/shops/demo/journeys/cart-push")).text
    assert 'data-metric="sms"' not in push
