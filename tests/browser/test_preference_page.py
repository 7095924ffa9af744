"""The page behind the link in each message, in a browser without JavaScript; and read out by one with it."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from threading import Thread
from urllib.parse import parse_qsl

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from msgspec import structs
from playwright.sync_api import Browser, expect

from heimta.edge.preference_page import centre_page
from heimta.edge.survey_page import Asked, Tongue, question_page
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import Choice, Nps, SingleChoice, Slider, Words
from heimta.model.documents import ShopDoc
from heimta.model.preferences import Topic
from heimta.model.theme import Theme
from heimta.rules.preference_words import words_for
from heimta.rules.preferences import Chosen, applied, said, view
from tests.browser.shop_server import ShopServer

pytestmark = pytest.mark.browser

SHOP = ShopDoc(
    id="demo",
    name="Fjord & Fell",
    origins=("http://localhost:1",),
    currency="EUR",
    languages=("de",),
    theme=Theme(accent="#2f5d50", surface="#fffdf8", ink="#22302b", radius_px=14),
)
TOPICS: tuple[Topic, ...] = ("cart", "offers")


class Handler(BaseHTTPRequestHandler):
    """What edge/preferences.py does, with one visitor and no store."""

    held = Chosen(is_on=True)

    def show(self, told: str = "") -> None:
        words = words_for(SHOP, ["de"])
        shown = view(Handler.held, TOPICS, words, zone="UTC", told=told, here=False)
        page = centre_page(SHOP, shown, words)
        self.send_response(page.status_code)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(bytes(page.body))

    def do_GET(self) -> None:
        self.show()

    def do_POST(self) -> None:
        fields = parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())
        ticked, one = [value for name, value in fields if name == "topic"], dict(fields)
        choice = said(one["act"], ticked, one.get("pace", ""), held=Handler.held, topics=TOPICS)
        assert choice is not None
        Handler.held = applied(Handler.held, choice, 0)
        self.show("saved")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: pytest shows what matters."""


@pytest.fixture
def address() -> Iterator[str]:
    Handler.held = Chosen(is_on=True)
    server = ShopServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/u/demo.token"
    server.shutdown()
    server.server_close()
    thread.join()


def test_all_of_it_works_by_keys_and_without_javascript(browser: Browser, address: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    page.get_by_label("Angebote").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Speichern").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Gespeichert.")
    assert Handler.held == Chosen(is_on=True, off=("offers",), pace="less")
    page.get_by_role("button", name="Alles beenden").click()
    expect(page.get_by_role("status")).to_contain_text("Die Mitteilungen sind aus.")
    assert not Handler.held.is_on
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(chromium: Browser, address: str, scheme: str) -> None:
    page = chromium.new_page(
        viewport={"width": 320, "height": 700}, color_scheme="dark" if scheme == "dark" else "light"
    )
    offended: list[str] = []
    page.on("console", lambda message: offended.append(message.text))
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.querySelector('button')).borderRadius") == "14px"
    assert offended == [], "the policy lets its own style in"
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    low = "[...document.querySelectorAll('button,label,.back')].filter((one) => one.offsetHeight < 48).length"
    assert page.evaluate(low) == 0
    page.close()


def test_a_name_longer_than_a_phone_is_wide_is_broken(chromium: Browser) -> None:
    long = structs.replace(SHOP, name="Handstrickwollwarenmanufakturbetriebsgesellschaft")
    words = words_for(long, ["de"])
    page = chromium.new_page(viewport={"width": 320, "height": 700})
    shown = view(Chosen(is_on=True), TOPICS, words, zone="UTC", told="", here=False)
    page.set_content(bytes(centre_page(long, shown, words).body).decode())
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()


def test_the_page_that_a_mails_survey_leads_to_is_usable_by_everyone(chromium: Browser) -> None:
    asking = SurveyContent(
        questions=(
            Nps("Weiterempfehlen?", "nps"),
            SingleChoice("Warum?", "why", choices=(Choice("price", "Preis"),), other=True),
            Words("Was noch?", "words"),
            Slider("Wie leicht?", "ease", max=100),
        ),
        max_steps=4,
    )
    page = chromium.new_page(viewport={"width": 320, "height": 700})
    for index in range(len(asking.asked)):
        shown = question_page(Tongue(SHOP, "de"), asking, Asked(index, index + 1), said="Bitte wählen.")
        page.set_content(bytes(shown.body).decode())
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        expect(page.get_by_role("group", name=asking.asked[index].question)).to_be_visible()
    page.close()
