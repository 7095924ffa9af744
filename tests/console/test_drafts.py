"""Start from a template: one click makes a draft that is off, one takes it back, one brings it back again."""

from __future__ import annotations

import asyncio
import html
import re

import msgspec
import pytest

from heimta.console.drafts import GOALS
from heimta.console.sketch import PLACES, sketch_of
from heimta.model.campaign import Campaign
from heimta.model.journey import Journey, Send
from heimta.rules.apply import check
from heimta.rules.templates import fitted, templates
from heimta.store import answers, documents
from heimta.store.connect import Client
from heimta.store.documents import Documents
from tests.console.browser import Browser
from tests.console.seed import EXIT, NOW, SHOP, Past, install, sums

AT = "/console/shops/demo/templates"
LIST = "/console/shops/demo/campaigns"
FREE = msgspec.structs.replace(SHOP, free_shipping_minor=8000, languages=("de", "en"))


async def held(redis: Client) -> Documents:
    found = await documents.read(redis, "demo")
    assert found is not None
    return found


async def make(merchant: Browser, template: str) -> str:
    """Makes a draft; the page that answers."""
    made = await merchant.post(AT, data={"csrf": await merchant.token(AT), "template": template})
    assert made.status_code == 303, made.text
    return (await merchant.get(made.headers["location"])).text


def undo_in(page: str) -> str:
    """Where the form of the answer goes."""
    found = re.search(r'<form class="seen good" method="post" action="([^"]+)"', page)
    assert found, "the page has nothing to take back"
    return found[1]


@pytest.mark.parametrize("template", ["exit-reminder", "cart-push"])
async def test_one_click_makes_a_draft_that_is_off_and_one_takes_it_back(
    merchant: Browser, redis: Client, template: str
) -> None:
    await documents.put(redis, FREE, now=NOW)
    page = await make(merchant, template)
    shop = await held(redis)
    [stored] = [*shop.campaigns.values(), *shop.journeys.values()]
    assert isinstance(stored.document, Campaign | Journey)
    assert (stored.document.id, stored.document.live, stored.version) == (template, False, 1)
    assert stored.document == msgspec.structs.replace(fitted(templates()[template], FREE), live=False)
    assert "is a draft now, and off" in page
    form = {"csrf": await merchant.token(LIST)}
    gone = await merchant.post(undo_in(page), data=form)
    page = (await merchant.get(gone.headers["location"])).text
    shop = await held(redis)
    assert (shop.campaigns, shop.journeys) == ({}, {}) and "is deleted" in page
    back = await merchant.post(undo_in(page), data=form)
    assert back.status_code == 303
    shop = await held(redis)
    [again] = [*shop.campaigns.values(), *shop.journeys.values()]
    assert again.document == stored.document
    twice = await merchant.post(f"{LIST}/back", data=form)  # a double click ends where the first one did
    assert (twice.status_code, twice.headers["location"]) == (303, back.headers["location"])
    shop = await held(redis)
    assert [one.version for one in (*shop.campaigns.values(), *shop.journeys.values())] == [1]


@pytest.mark.parametrize("template", ["exit-reminder", "cart-push"])
async def test_a_double_click_on_delete_ends_on_the_list(
    merchant: Browser, redis: Client, template: str
) -> None:
    await documents.put(redis, FREE, now=NOW)
    at, form = undo_in(await make(merchant, template)), {"csrf": await merchant.token(LIST)}
    answers = await asyncio.gather(*(merchant.post(at, data=form) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    shop = await held(redis)
    assert (shop.campaigns, shop.journeys) == ({}, {})


async def test_nobody_brings_back_what_somebody_else_deleted_since(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, FREE, now=NOW)
    form = {"csrf": await merchant.token(LIST)}
    made = [await make(merchant, template) for template in ("exit-reminder", "cart-push")]
    mine = (await merchant.post(undo_in(made[0]), data=form)).headers["location"]
    page = (await merchant.get(mine)).text
    what = re.search(r'name="what" value="([^"]+)"', page)
    assert what is not None and what[1] == "campaign-exit-reminder"
    await merchant.post(undo_in(made[1]), data=form)
    refused = await merchant.post(undo_in(page), data=form | {"what": what[1]})
    assert refused.status_code == 409 and "Another draft was deleted since" in refused.text
    assert "is deleted" not in (await merchant.get(mine)).text
    shop = await held(redis)
    assert (shop.campaigns, shop.journeys) == ({}, {})


async def test_what_went_is_not_brought_back_over_another_of_its_name(
    merchant: Browser, redis: Client
) -> None:
    await documents.put(redis, FREE, now=NOW)
    form = {"csrf": await merchant.token(LIST)}
    await merchant.post(undo_in(await make(merchant, "exit-reminder")), data=form)
    other = msgspec.structs.replace(EXIT, id="exit-reminder")
    await documents.put(redis, other, now=NOW)
    refused = await merchant.post(f"{LIST}/back", data=form)
    assert refused.status_code == 404 and "its name is taken" in refused.text
    assert (await held(redis)).campaigns["exit-reminder"].document == other


def asks(*, live: bool) -> Journey:
    step = Send("ask", "email", template="survey", survey="recommend")
    return Journey("after", "demo", "After the purchase", "delivered", (step,), live=live)


async def test_a_survey_that_mails_ask_is_no_draft_though_it_is_off(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    await make(merchant, "recommend")
    await documents.put(redis, asks(live=False), now=NOW)
    assert "recommend/delete" in (await merchant.get(LIST)).text
    form = {"csrf": await merchant.token(LIST)}
    for live in (True, False):  # links outlive the journey's switch
        await documents.set_live(redis, "demo", "journey", "after", live, now=NOW)
        assert "recommend/delete" not in (await merchant.get(LIST)).text
        refused = await merchant.post(f"{LIST}/recommend/delete", data=form)
        assert refused.status_code == 409 and "“After the purchase” asks it by mail" in refused.text
    assert "recommend" in (await held(redis)).campaigns


async def test_a_draft_with_figures_is_kept(merchant: Browser, redis: Client) -> None:
    """Counted of late, in the lift for ever, or on the list of who answered: each alone is enough."""
    await documents.put(redis, SHOP, now=NOW)
    for _ in range(4):
        await make(merchant, "recommend")
    past = Past(redis)
    past.count("c.recommend.@mail.answered", at=NOW)
    await past.write()
    await sums(redis, "recommend-2", {"holdout": (1, 0, 0)})
    await answers.note(redis, 1, {("demo", "recommend-3"): {"v": NOW}})
    page = (await merchant.get(LIST)).text
    assert re.findall(r"campaigns/([\w-]+)/delete", page) == ["recommend-4"]
    form = {"csrf": await merchant.token(LIST)}
    for name in ("recommend", "recommend-2", "recommend-3"):
        refused = await merchant.post(f"{LIST}/{name}/delete", data=form)
        assert refused.status_code == 409 and "It has figures already" in refused.text
    assert (await merchant.post(f"{LIST}/recommend-4/delete", data=form)).status_code == 303
    assert len((await held(redis)).campaigns) == 3


async def test_a_second_draft_has_a_name_of_its_own_and_replaces_nothing(
    merchant: Browser, redis: Client
) -> None:
    await documents.put(redis, SHOP, now=NOW)
    for _ in range(2):
        await make(merchant, "exit-reminder")
    await merchant.post(f"{LIST}/exit-reminder/live", data={"csrf": await merchant.token(LIST), "live": "on"})
    await make(merchant, "exit-reminder")
    found = {name: stored.document for name, stored in (await held(redis)).campaigns.items()}
    assert {name: (one.name, one.live) for name, one in found.items() if isinstance(one, Campaign)} == {
        "exit-reminder": ("Exit reminder", True),
        "exit-reminder-2": ("Exit reminder 2", False),
        "exit-reminder-3": ("Exit reminder 3", False),
    }
    assert "3 in this shop" in (await merchant.get(AT)).text


async def test_what_was_on_once_stays(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    await make(merchant, "exit-reminder")
    form = {"csrf": await merchant.token(LIST)}
    at = f"{LIST}/exit-reminder"
    for live in ("on", "off"):
        await merchant.post(f"{at}/live", data=form | {"live": live})
        refused = await merchant.post(f"{at}/delete", data=form)
        assert refused.status_code == 409 and "switch it off instead" in refused.text
    assert "exit-reminder" in (await held(redis)).campaigns
    assert "Delete this draft" not in (await merchant.get(LIST)).text


async def test_what_is_no_form_of_ours_changes_nothing(merchant: Browser, redis: Client) -> None:
    await install(redis)
    before = await documents.revision(redis, "demo")
    token = await merchant.token(AT)
    for at, form, status in (
        (AT, {"template": "exit-reminder"}, 403),
        (AT, {"csrf": token, "template": "none"}, 404),
        (AT, {"csrf": token}, 404),
        (f"{LIST}/none/delete", {"csrf": token}, 404),
        (f"{LIST}/exit-offer/delete", {"csrf": token}, 409),
        (f"{LIST}/back", {"csrf": token}, 404),
    ):
        assert (await merchant.post(at, data=form)).status_code == status, at
    assert await documents.revision(redis, "demo") == before


async def test_a_template_that_is_not_for_this_shop_says_why_and_the_way_out(
    merchant: Browser, redis: Client
) -> None:
    await documents.put(redis, SHOP, now=NOW)
    page = html.unescape((await merchant.get(AT)).text)
    assert "Not for this shop yet" in page and "add it to the shop's document first" in page
    assert 'value="free-shipping-nudge"' not in page and 'value="exit-reminder"' in page
    token = await merchant.token(AT)
    refused = await merchant.post(AT, data={"csrf": token, "template": "free-shipping-nudge"})
    assert refused.status_code == 409 and "free_shipping_minor" in refused.text


async def test_a_shop_without_campaigns_is_led_there(merchant: Browser, redis: Client) -> None:
    await documents.put(redis, SHOP, now=NOW)
    assert f'class="main-button" href="{AT}"' in (await merchant.get(LIST)).text


@pytest.mark.parametrize("languages", [("de", "en"), ("en",), ("is",)])
def test_every_template_has_one_goal_and_is_drawn_in_words_that_fit(languages: tuple[str, ...]) -> None:
    shop = msgspec.structs.replace(FREE, languages=languages)
    for template in templates().values():
        assert [goal for goal, fits in GOALS.items() if fits(template)], template.name
        document = fitted(template, shop)
        assert check(document) == [], template.name
        drawn = sketch_of(document, shop)
        assert drawn.kind in PLACES and drawn.title, template.name
        x, y, width, height = drawn.place
        assert 0 <= x <= x + width <= 320 and 0 <= y <= y + height <= 200
        assert max(map(len, (*drawn.title, *drawn.body))) * 6.4 <= width, template.name
        assert max(map(len, drawn.buttons), default=0) * 5.6 <= (width - 38) / 2, template.name
        words = [*drawn.title, *drawn.body, *drawn.buttons]
        assert [one for one in words if not one.strip(" ….:") or "{" in one] == [], template.name
