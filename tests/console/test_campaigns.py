"""The list of campaigns and journeys, and its switches."""

from __future__ import annotations

import html
import re
from cProfile import Profile

import msgspec
import pytest

from heimta.model.campaign import Audience, Campaign, Frequency, Offer, Schedule, Variant
from heimta.model.contents import PopupContent
from heimta.model.journey import Journey, Send
from heimta.store import documents, ledgers
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import DAY_MS, EXIT, JOURNEY, NOW, SHOP, SURVEY, Past, install

LIST = "/console/shops/demo/campaigns"


async def live(redis: Client, kind: str, name: str) -> tuple[bool, int]:
    """Whether it is on, and its version."""
    found = await documents.read(redis, "demo")
    assert found is not None
    stored = (found.campaigns if kind == "campaign" else found.journeys)[name]
    assert isinstance(stored.document, Campaign | Journey)
    return stored.document.live, stored.version


@pytest.mark.parametrize(("kind", "name"), [("campaign", "exit-offer"), ("journey", "cart-back")])
async def test_a_switch_changes_the_document_and_the_same_switch_takes_it_back(
    merchant: Browser, redis: Client, kind: str, name: str
) -> None:
    await install(redis)
    at, form = f"/console/shops/demo/{kind}s/{name}/live", {"csrf": await merchant.token(LIST)}
    revision = await documents.revision(redis, "demo")
    answer = await merchant.post(at, data=form | {"live": "off"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}#{kind}-{name}")  # no script
    assert await live(redis, kind, name) == (False, 2)
    assert await documents.revision(redis, "demo") == revision + 1  # what edges and workers poll
    await merchant.post(at, data=form | {"live": "on"})
    assert await live(redis, kind, name) == (True, 3)


async def test_htmx_gets_the_row_alone_and_a_word_for_screen_readers(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    token = await merchant.token(LIST)
    answer = await merchant.post(
        "/console/shops/demo/campaigns/bell/live",
        data={"csrf": token, "live": "on"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200 and "<html" not in answer.text
    assert 'id="campaign-bell"' in answer.text and 'aria-checked="true"' in answer.text
    assert 'name="live" value="off"' in answer.text  # the same switch takes it back
    assert re.search(r'role="status" hx-swap-oob="true">May we ring\? is on\.', answer.text)


async def test_what_went_wrong_leaves_the_row_and_its_switch_where_they_are(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    page = (await merchant.get(LIST)).text
    for status in ("4xx", "5xx"):
        assert f'hx-status:{status}="target:#campaign-bell-trouble swap:innerHTML"' in page
    assert '<p class="error" role="alert" id="campaign-bell-trouble"></p>' in page
    form = {"csrf": await merchant.token(LIST), "live": "on"}
    at = "/console/shops/demo/campaigns/gone/live"
    answer = await merchant.post(at, data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text.strip()) == (404, "There is no such campaign.")
    assert "<html" in (await merchant.post(at, data=form)).text


@pytest.mark.parametrize(
    ("at", "form", "status"),
    [
        ("campaigns/none/live", {"live": "on"}, 404),
        ("journeys/exit-offer/live", {"live": "on"}, 404),
        ("campaigns/exit-offer/live", {"live": "maybe"}, 400),
        ("campaigns/exit-offer/live", {}, 400),
    ],
)
async def test_a_switch_that_is_none_changes_nothing(
    merchant: Browser, redis: Client, at: str, form: dict[str, str], status: int
) -> None:
    await install(redis)
    revision = await documents.revision(redis, "demo")
    token = await merchant.token(LIST)
    answer = await merchant.post(f"/console/shops/demo/{at}", data=form | {"csrf": token})
    assert answer.status_code == status
    assert await documents.revision(redis, "demo") == revision


async def test_the_list_counts_who_was_shown_it_and_who_was_held_out(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    past = Past(redis)
    for metric, by in (("a.exposed", 30), ("b.exposed", 10), ("holdout.exposed", 37), ("a.accepted", 8)):
        past.count(f"c.exit-offer.{metric}", by, at=NOW)
    await past.write()
    row = (await merchant.get(LIST)).text.split('id="campaign-exit-offer"')[1].split("</li>")[0]
    facts = dict(re.findall(r"<dt>([\w ]+)</dt><dd>([\d,]+)</dd>", row))
    assert facts == {"Shown": "40", "Held out": "37", "Accepted": "8"}
    assert "20.0\u202f%" in row and "Version 1" in row


async def test_of_several_variants_each_is_counted(merchant: Browser, redis: Client) -> None:
    await install(redis)
    past = Past(redis)
    for metric, by in (("a.exposed", 30), ("b.exposed", 10), ("holdout.exposed", 37), ("a.accepted", 6)):
        past.count(f"c.exit-offer.{metric}", by, at=NOW)
    await past.write()
    assert "Variant" not in (await merchant.get(LIST)).text
    two = (Variant("a", PopupContent(title="Wait")), Variant("b", PopupContent(title="Stay")))
    await documents.put(redis, msgspec.structs.replace(EXIT, variants=two), now=NOW)
    row = (await merchant.get(LIST)).text.split("<tbody>")[1].split("</tbody>")[0]
    told = [" ".join(html.unescape(re.sub("<[^>]+>", " ", part)).split()) for part in row.split("</tr>")]
    assert told == ["a 30 6 (20.0 %)", "b 10 0", ""]


async def test_variants_that_were_taken_out_and_answers_by_mail_are_parts_of_the_whole(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    two = tuple(msgspec.structs.replace(SURVEY.variants[0], id=name) for name in ("a", "b"))
    await documents.put(redis, msgspec.structs.replace(SURVEY, variants=two), now=NOW)
    past = Past(redis)
    for metric, by in (("a.exposed", 30), ("a.answered", 3), ("old.exposed", 10), ("old.answered", 5)):
        past.count(f"c.why-not.{metric}", by, at=NOW)
    past.count("c.why-not.holdout.exposed", 4, at=NOW)
    past.count("c.why-not.@mail.answered", 2, at=NOW)
    await past.write()
    row = (await merchant.get(LIST)).text.split('id="campaign-why-not"')[1].split("</li>")[0]
    facts = dict(re.findall(r"<dt>([\w ]+)</dt><dd>([\d,]+)</dd>", row))
    assert facts == {"Shown": "40", "Held out": "4", "Answered": "10"}
    lines = row.split("<tbody>")[1].split("</tbody>")[0].split("</tr>")
    told = [" ".join(html.unescape(re.sub("<[^>]+>", " ", line)).split()) for line in lines]
    assert told == ["a 30 3 (10.0 %)", "b 0 0", "old, taken out 10 5 (50.0 %)", "by mail 0 2", ""]


async def test_who_was_shown_it_long_ago_is_in_no_share_of_those_who_accepted(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    past = Past(redis)
    past.count("c.exit-offer.a.exposed", 30, at=NOW - 40 * DAY_MS)
    past.count("c.exit-offer.a.exposed", 2, at=NOW)
    past.count("c.exit-offer.a.accepted", 5, at=NOW)
    await past.write()
    row = (await merchant.get(LIST)).text.split('id="campaign-exit-offer"')[1].split("</li>")[0]
    assert "shoppers, each once" in row and "some were shown it before" in row and "100.0" not in row


async def test_of_a_journey_it_is_said_that_switching_it_off_ends_it(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    assert "a journey that is switched off ends for everybody who is in it" in (await merchant.get(LIST)).text
    form = {"csrf": await merchant.token(LIST), "live": "off"}
    at = "/console/shops/demo/journeys/cart-back/live"
    answer = await merchant.post(at, data=form, headers={"HX-Request": "true"})
    assert "Your cart is waiting is off. It ends for everybody who is in it;" in answer.text


async def test_nobody_is_said_to_have_accepted_a_survey(merchant: Browser, redis: Client) -> None:
    await install(redis)
    page = (await merchant.get(LIST)).text
    rows = {here: page.split(f'id="campaign-{here}"')[1].split("</li>")[0] for here in ("why-not", "bell")}
    assert "Accepted" in rows["bell"] and "Accepted" not in rows["why-not"]


def warned(page: str, here: str) -> list[str]:
    row = page.split(f'id="{here}"')[1].split("</li>")[0]
    return [html.unescape(words) for words in re.findall(r'<p class="bad small">([^<]+)</p>', row)]


async def test_two_journeys_that_would_both_write_say_so_while_they_are_on(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    twin = msgspec.structs.replace(JOURNEY, id="cart-too", live=False)
    await documents.put(redis, twin, now=NOW)
    page = (await merchant.get(LIST)).text
    assert warned(page, "journey-cart-too") == warned(page, "journey-cart-back") == []
    answer = await merchant.post(
        "/console/shops/demo/journeys/cart-too/live",
        data={"csrf": await merchant.token(LIST), "live": "on"},
        headers={"HX-Request": "true"},
    )
    [words] = warned(answer.text, "journey-cart-too")
    assert words.startswith("Journey 'cart-too' and 'cart-back' are both about 'cart' with priority 100")
    assert len(warned((await merchant.get(LIST)).text, "journey-cart-back")) == 1


async def test_a_live_journey_says_which_channel_the_shop_lacks_and_which_pool_is_empty(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    steps = (Send("text", "sms", title="Still here", coupon=Offer("percent", 10, pool="autumn")),)
    await documents.put(redis, msgspec.structs.replace(JOURNEY, steps=steps), now=NOW)
    lacking, empty = warned((await merchant.get(LIST)).text, "journey-cart-back")
    assert lacking == "Step 'text': the shop's document has no `sms`, so nothing can go out."
    assert "pool 'autumn', which has none: `heimta coupons import demo autumn FILE`" in empty


async def test_a_live_campaign_says_that_its_pool_is_empty(merchant: Browser, redis: Client) -> None:
    await install(redis)
    offering = msgspec.structs.replace(EXIT, offer=Offer("percent", 10, pool="autumn"))
    await documents.put(redis, offering, now=NOW)
    assert len(warned((await merchant.get(LIST)).text, "campaign-exit-offer")) == 1
    await ledgers.fill(redis, "demo", "autumn", ["C-1"])
    assert warned((await merchant.get(LIST)).text, "campaign-exit-offer") == []


async def test_a_service_journey_tells_how_often_it_began_and_claims_no_holdout(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    await documents.put(redis, msgspec.structs.replace(JOURNEY, id="thanks", service=True), now=NOW)
    past = Past(redis)
    past.count("s.j.thanks..entered", 7, at=NOW)
    past.count("s.thanks..entered", 5, at=NOW)  # as it was counted until November 2026
    await past.write()
    row = (await merchant.get(LIST)).text.split('id="journey-thanks"')[1].split("</li>")[0]
    assert dict(re.findall(r"<dt>([\w ]+)</dt><dd>([\d,]+)</dd>", row)) == {"Entered": "12"}
    assert "planned" not in row and "Not yet known" not in row and "Not measured" in row


async def test_one_name_that_begins_another_is_not_mixed_up(merchant: Browser, redis: Client) -> None:
    await install(redis)
    longer = next(d for d in (await documents.read(redis, "demo")).campaigns.values())  # type: ignore[union-attr]
    await documents.put(redis, msgspec.structs.replace(longer.document, id="exit-offer-2"), now=NOW)
    past = Past(redis)
    past.count("c.exit-offer-2.a.exposed", 9, at=NOW)
    await past.write()
    row = (await merchant.get(LIST)).text.split('id="campaign-exit-offer"')[1].split("</li>")[0]
    assert "<dt>Shown</dt><dd>0</dd>" in row


async def test_the_shop_is_chosen_when_there_are_several(merchant: Browser, redis: Client) -> None:
    await install(redis)
    assert 'class="chooser"' not in (await merchant.get(LIST)).text
    await documents.put(redis, msgspec.structs.replace(SHOP, id="other", name="Kaffi & Bolli"), now=NOW)
    page = (await merchant.get(LIST)).text
    assert 'href="/console/shops/other/campaigns"' in page and "Kaffi &amp; Bolli" in page
    assert "<title>Campaigns · Nordhús · Heimta</title>" in page  # tabs of several shops are told apart
    assert "exit-offer" not in (await merchant.get("/console/shops/other/campaigns")).text


async def test_a_page_reads_no_campaigns_and_journeys_of_other_shops(
    merchant: Browser, redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await install(redis)
    for number in range(3):
        await documents.put(
            redis, msgspec.structs.replace(SHOP, id=f"other-{number}", name=f"Shop {number}"), now=NOW
        )
    read: list[str] = []
    real = documents.read_rest

    async def counted(redis: Client, shop: str) -> documents.Documents | None:
        read.append(shop)
        return await real(redis, shop)

    monkeypatch.setattr(documents, "read_rest", counted)
    page = (await merchant.get("/console/shops/demo/events")).text
    assert re.findall(r'href="/console/shops/(other-\d)/events">([^<]+)<', page) == [
        (f"other-{number}", f"Shop {number}") for number in range(3)
    ]
    assert read == ["demo"]
    assert (await merchant.get("/console")).headers["location"] == "/console/shops/demo"
    assert read == ["demo"]


async def test_how_often_and_for_which_cart_is_told_in_plain_words(merchant: Browser, redis: Client) -> None:
    await install(redis)
    for hours, words in ((24, "once in 24 hours"), (720, "once in 30 days"), (0.5, "once in 30 minutes")):
        frequency, audience = Frequency(max=1, per_h=hours), Audience(max_cart_minor=0)
        changed = msgspec.structs.replace(EXIT, frequency=frequency, audience=audience)
        await documents.put(redis, changed, now=NOW)
        assert f"Only while the cart is empty. At most {words} per visitor" in (await merchant.get(LIST)).text


async def test_a_campaigns_conditions_are_told_and_what_keeps_it_from_ever_showing(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    found = await documents.read(redis, "demo")
    assert found is not None
    campaign = found.campaigns["exit-offer"].document
    assert isinstance(campaign, Campaign)
    late = msgspec.structs.replace(
        campaign,
        live=True,
        audience=Audience(min_cart_minor=5000, holds=("HAT*",), attributes={"group": ("vip",)}),
        schedule=Schedule(ends="2020-01-31", days=("sat",), hours=("09:00-17:00",)),
        frequency=Frequency(max=2, per_h=48),
    )
    await documents.put(redis, late, now=NOW)
    text = html.unescape((await merchant.get(LIST)).text)
    for sentence in (
        "Carts from 50.00\u202fEUR. Carts with “HAT*”. The shop says that group is “vip”.",
        "To 2020-01-31, on Saturdays, 09:00 to 17:00",
        "At most 2 times in 48 hours per visitor; never again after a yes.",
        "schedule.ends is '2020-01-31': it is over; give it a later day, or switch it off",
    ):
        assert sentence in text
    await documents.set_live(redis, "demo", "campaign", "exit-offer", False, now=NOW)
    assert "it is over" not in (await merchant.get(LIST)).text


async def test_a_list_twice_as_long_costs_twice_as_much(merchant: Browser, redis: Client) -> None:
    """By the calls it takes: a thousand took seconds, since each looked through all others and all counts."""
    await install(redis)
    past = Past(redis)
    costs = []
    for numbers in (range(100), range(100, 200)):
        for number in numbers:
            live = number % 2 == 0
            for kept in (EXIT, JOURNEY):
                new = msgspec.structs.replace(kept, id=f"{kept.id}-{number}", live=live)
                await documents.put(redis, new, now=NOW)
            for what in ("exposed", "accepted", "dismissed"):
                past.count(f"c.{EXIT.id}-{number}.a.{what}", at=NOW - DAY_MS)
                past.count(f"c.j.{JOURNEY.id}-{number}.treated.{what}", at=NOW - DAY_MS)
        await past.write()
        await merchant.get(LIST)  # templates are compiled once
        with Profile() as profile:
            page = (await merchant.get(LIST)).text
        assert page.count('class="card campaign') > 2 * numbers[0]
        costs.append(sum(one.callcount for one in profile.getstats()))
    assert costs[1] < 2.2 * costs[0]
