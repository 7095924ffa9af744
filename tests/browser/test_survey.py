"""Every kind of question by keyboard and by its accessible name; ways, the way back, what each step tells.

In Chromium and Firefox, on a page with the strictest policy, with contents compiled as the server does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import own_time
from tests.browser.shop_page import ShopPage, focused, load, log, mount, new_tab, still
from tests.browser.widget_texts import SURVEY, survey

pytestmark = pytest.mark.browser

CHOICES = [{"id": "price", "text": "The price"}, {"id": "rival", "text": "Found it elsewhere"}]
WHY = {"ask": "choice", "name": "why", "question": "Why are you leaving?", "choices": CHOICES, "other": True}
MANY = WHY | {"ask": "choices"}
WORDS = {"ask": "text", "name": "more", "question": "What happened?"}
STARS = {"ask": "rating", "name": "stars", "question": "How was it?", "low": "Bad", "high": "Great"}
NPS = {"ask": "nps", "name": "nps", "question": "Would you recommend us?"}
LEAVING = survey(
    questions=[
        WHY | {"next": [{"chosen": ["price"], "to": "end"}, {"chosen": ["rival"], "to": "where"}]},
        WORDS | {"next": [{"to": "end"}]},
        WORDS | {"name": "where", "question": "Where?"},
    ]
)


def answers(page: Page) -> list[dict[str, Any]]:
    return [entry[2] for entry in log(page) if entry[:2] == ["track", "survey_answered"]]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def radio(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name, exact=True)


def test_an_answer_is_told_even_when_the_second_question_is_not_answered(page: Page) -> None:
    page.locator("#mail").focus()
    mount(page, "survey", SURVEY)
    assert focused(page) == "mail"
    assert page.get_by_role("button", name="Next").is_disabled(), "an untouched slider is no answer"
    slider = page.get_by_role("slider", name="How easy was it?")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("output")).to_have_text("7")
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "10, Very easy")
    press(page, "Next")
    first = {"question": "ease", "kind": "slider", "value": 10, "step": 1, "done": False}
    assert log(page) == [["track", "survey_answered", first], ["accepted"]]
    dialog = page.get_by_role("dialog", name="What could be better?")
    expect(dialog).to_be_focused()
    expect(dialog).to_have_accessible_description("2 of 2")
    field = page.get_by_role("textbox", name="What could be better?")
    expect(field).to_have_accessible_description("Please no names, addresses or order details.")
    field.fill("Sizes")
    press(page, "Send")
    expect(page.get_by_role("dialog", name="Thank you.")).to_be_visible()
    assert answers(page) == [
        first,
        {"question": "words", "kind": "text", "text": "Sizes", "step": 2, "done": True},
    ]
    page.keyboard.press("Escape")
    assert log(page)[-1] == ["closed", "escape"]
    assert focused(page) == "mail"


def test_a_survey_of_one_slider_says_nothing_of_steps(page: Page) -> None:
    mount(page, "survey", survey(question="How easy was it?"))
    page.get_by_role("slider").click()  # in the middle, where it rests: that is an answer too
    expect(page.get_by_text(" of ")).to_have_count(0)
    press(page, "Send")
    assert answers(page) == [{"question": "main", "kind": "slider", "value": 5, "step": 1, "done": True}]
    expect(page.get_by_role("dialog", name="Thank you, that helps us.")).to_be_visible()


@pytest.mark.parametrize(
    ("question", "names", "keys", "value"),
    [
        (STARS, ["1 of 5, Bad", "2 of 5", "3 of 5", "4 of 5", "5 of 5, Great"], ["ArrowRight"] * 3, 4),
        (
            STARS | {"shape": "faces", "of": 3},
            ["1 of 3, Bad", "2 of 3", "3 of 3, Great"],
            ["ArrowLeft"],
            3,
        ),
        (
            NPS,
            ["0, Not at all likely", *map(str, range(1, 10)), "10, Very likely"],
            ["ArrowRight"] * 8,
            8,
        ),
    ],
    ids=["stars", "faces", "nps"],
)
def test_a_scale_is_a_group_of_radio_buttons(
    page: Page, question: dict[str, Any], names: list[str], keys: list[str], value: int
) -> None:
    mount(page, "survey", survey(questions=[question]))
    group = page.get_by_role("radiogroup", name=question["question"])
    radios = group.get_by_role("radio")
    assert [radios.nth(i).get_attribute("aria-label") for i in range(radios.count())] == names
    assert page.get_by_role("button", name="Send").is_disabled()
    radios.first.focus()
    for key in keys:
        page.keyboard.press(key)
    expect(group.get_by_role("radio", checked=True)).to_have_count(1)
    press(page, "Send")
    kind = question["ask"]
    assert answers(page) == [
        {"question": question["name"], "kind": kind, "value": value, "step": 1, "done": True}
    ]


def test_one_choice_by_keyboard_and_own_words_choose_their_row(page: Page) -> None:
    mount(page, "survey", LEAVING)
    group = page.get_by_role("radiogroup", name="Why are you leaving?")
    radio(page, "The price").focus()
    page.keyboard.press("ArrowDown")
    expect(radio(page, "Found it elsewhere")).to_be_checked()
    group.get_by_role("textbox", name="Something else").fill("Just looking")
    expect(radio(page, "Something else")).to_be_checked()
    press(page, "Next")
    assert answers(page) == [
        {
            **{"question": "why", "kind": "choice", "choices": ["other"], "text": "Just looking"},
            **{"step": 1, "done": False},
        }
    ]


def test_several_choices_may_be_taken_and_dropped(page: Page) -> None:
    mount(page, "survey", survey(questions=[MANY]))
    group = page.get_by_role("group", name="Why are you leaving?")
    group.get_by_text("The price").click()
    group.get_by_text("Found it elsewhere").click()
    page.get_by_role("checkbox", name="The price").press("Space")
    page.get_by_role("checkbox", name="Something else").press("Space")
    page.get_by_role("checkbox", name="Found it elsewhere").press("Space")
    press(page, "Send")
    assert [answer["choices"] for answer in answers(page)] == [["other"]]


def test_an_answer_leads_where_its_rule_says(page: Page) -> None:
    mount(page, "survey", LEAVING)
    expect(page.get_by_text("1 of 2")).to_be_visible()
    radio(page, "The price").check()
    press(page, "Next")
    expect(page.get_by_role("dialog", name="Thank you, that helps us.")).to_be_visible()
    assert [answer["done"] for answer in answers(page)] == [True]


def test_the_way_back_keeps_what_was_said_and_a_new_way_takes_the_old_one_back(page: Page) -> None:
    mount(page, "survey", LEAVING)
    radio(page, "Found it elsewhere").check()
    press(page, "Next")
    page.get_by_role("textbox", name="Where?").fill("Next door")
    press(page, "Back")
    expect(radio(page, "Found it elsewhere")).to_be_checked()
    press(page, "Next")
    expect(page.get_by_role("textbox", name="Where?")).to_have_value("Next door")
    press(page, "Back")
    radio(page, "The price").check()
    press(page, "Next")
    where = {"question": "where", "kind": "text", "step": 1, "done": False}
    assert where in answers(page), "taken back, though it was told of as nothing yet"
    assert answers(page)[-1]["choices"] == ["price"] and answers(page)[-1]["done"]
    assert log(page)[-1] == ["accepted"]


@pytest.mark.parametrize("name", ["Next", "Skip"])
def test_a_double_click_answers_one_question(browser: Browser, shop: ShopPage, name: str) -> None:
    """Half a second is too short for a second answer; time passes by our word alone."""
    questions = [WORDS | {"name": f"words{n}", "question": f"What else, {n}?"} for n in range(3)]
    tab = new_tab(browser)
    tab.clock.install()
    load(tab, shop.address)
    own_time.stop(tab)
    mount(tab, "survey", survey(questions=questions))
    tab.clock.run_for(500)
    tab.get_by_role("button", name=name, exact=True).dblclick()
    expect(tab.get_by_role("dialog", name="What else, 1?")).to_be_visible()
    tab.clock.run_for(500)
    assert len(answers(tab)) == 1
    press(tab, name)
    expect(tab.get_by_role("dialog", name="What else, 2?")).to_be_visible()
    tab.close()


def test_words_may_be_skipped(page: Page) -> None:
    mount(page, "survey", survey(questions=[WORDS]))
    page.get_by_role("textbox", name="What happened?").fill("No, I keep that to myself")
    press(page, "Skip")
    assert answers(page) == [{"question": "more", "kind": "text", "text": "", "step": 1, "done": True}]


def test_it_speaks_german_and_icelandic_by_itself(page: Page) -> None:
    spoken = survey(("de", "is"), questions=[NPS | {"question": "Empfehlenswert?"}, WORDS])
    mount(page, "survey", {**spoken, "lang": "de"})
    expect(radio(page, "0, Ganz unwahrscheinlich")).to_have_count(1)
    expect(page.get_by_text("1 von 2")).to_be_visible()
    page.evaluate("world.unmount()")
    mount(page, "survey", {**spoken, "lang": "is"})
    expect(radio(page, "10, Mjög líklegt")).to_have_count(1)
    expect(page.get_by_role("button", name="Áfram")).to_be_visible()


ALL = [STARS, STARS | {"shape": "faces"}, NPS, WHY | {"next": [{"to": "end"}]}, MANY, WORDS]


@pytest.fixture(scope="module", params=[("light", 1280), ("dark", 320)], ids=["wide", "small"])
def lax(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """Roles, names and colours do not differ between browsers: one is enough for axe."""
    scheme, width = request.param
    tab = new_tab(chromium, (width, 640))
    tab.emulate_media(color_scheme=scheme)
    yield tab
    tab.close()


@pytest.mark.parametrize("question", ALL[:3] + ALL[4:], ids=lambda question: str(question["ask"]))
def test_axe_finds_nothing_and_everything_can_be_hit(
    lax: Page, shop: ShopPage, question: dict[str, Any]
) -> None:
    load(lax, shop.address + "?lax")
    mount(lax, "survey", survey(questions=[question, WORDS | {"name": "last"}]))
    first = lax.locator("heimta-widget").locator("input").first
    if question["ask"] != "text":
        first.check()
    still(lax)
    results = Axe().run(lax)
    assert results.violations_count == 0, results.generate_report()
    assert lax.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = lax.evaluate(
        """[...document.querySelector('heimta-widget').shadowRoot
          .querySelectorAll('button,label,.g input,textarea')]
          .map((one) => one.getBoundingClientRect())
          .filter((box) => Math.min(box.width, box.height) < 44).length"""
    )
    assert small == 0


def test_a_german_word_that_has_room_is_not_broken_on_a_narrow_phone(
    chromium: Browser, shop: ShopPage
) -> None:
    tab = new_tab(chromium, (320, 640))
    load(tab, shop.address)
    mount(tab, "survey", survey(questions=[NPS | {"low": "Unwahrscheinlich", "high": "Sehr wahrscheinlich"}]))
    low = tab.get_by_text("Unwahrscheinlich")
    assert low.evaluate("(e) => e.offsetHeight / parseFloat(getComputedStyle(e).fontSize)") < 2, "one line"
    tab.close()


def test_choices_with_own_words_fit_a_phone_with_large_letters(chromium: Browser, shop: ShopPage) -> None:
    tab = new_tab(chromium, (320, 640))
    load(tab, shop.address)
    tab.evaluate("document.body.style.fontSize = '32px'")
    mount(tab, "survey", survey(questions=[WHY]))
    box = tab.get_by_placeholder("Something else").locator("..").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 320
    tab.close()


def test_what_was_taken_is_seen_where_colours_are_forced(chromium: Browser, shop: ShopPage) -> None:
    tab = new_tab(chromium)
    tab.emulate_media(forced_colors="active")
    load(tab, shop.address)
    mount(tab, "survey", survey(questions=[NPS]))
    radio(tab, "8").check()
    assert radio(tab, "8").evaluate("(one) => getComputedStyle(one).borderTopWidth") == "4px"
    assert radio(tab, "7").evaluate("(one) => getComputedStyle(one).borderTopWidth") == "1px"
    tab.close()
