"""A real Firefox and a real Chromium receive, decrypt and show our pushes, and a click opens the page.

Nothing of the browser is stubbed: our built service worker runs because the browser's own push
connection woke it, and the notification is what reached the desktop. See tests/push/README.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from heimta.channels.push_payload import build
from heimta.channels.result import SENT, Delivery, failed, gone
from heimta.channels.vapid import VapidKeys, make_keys
from heimta.channels.webpush import WebPush
from heimta.model.endpoint import parse_connect_to, parse_origins
from heimta.model.event import Batch, MessageSeen, Subscription
from tests.browser.conftest import apart
from tests.push.loop import listen, origin_of, serving
from tests.push.world import World, push_world

VISITOR = "v" * 22

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What the push opt-in does when the shopper says yes.
SUBSCRIBE = """async ([worker, key]) => {
  const registration = await navigator.serviceWorker.register(worker, { scope: '/heimta-push/' })
  const starting = registration.installing || registration.waiting || registration.active
  await new Promise((done) => {
    const look = () => starting.state === 'activated' && done()
    starting.addEventListener('statechange', look)
    look()
  })
  const raw = Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const options = { userVisibleOnly: true, applicationServerKey: raw }
  return (await registration.pushManager.subscribe(options)).toJSON()
}"""

UNSUBSCRIBE = """async () => {
  const registration = await navigator.serviceWorker.getRegistration('/heimta-push/')
  return (await registration.pushManager.getSubscription()).unsubscribe()
}"""


@dataclass
class Shop:
    """A page with our service worker on its own origin, and an edge on another that keeps what it is told."""

    origin: str
    edge: str
    worker: str
    keys: VapidKeys = field(default_factory=lambda: make_keys("mailto:shop@shop.example"))
    told: list[Batch] = field(default_factory=list)

    def app(self) -> Starlette:
        async def worker(_: Request) -> Response:
            # The scope is /heimta-push/, below the file's own folder: no Service-Worker-Allowed is needed.
            return Response(self.worker, media_type="text/javascript")

        async def batch(request: Request) -> Response:
            self.told.append(msgspec.json.decode(await request.body(), type=Batch))
            return Response('{"ok": 1}', headers={"Access-Control-Allow-Origin": self.origin})

        async def page(request: Request) -> Response:
            return HTMLResponse(f"<!doctype html><title>Shop</title><h1>{request.url.path}</h1>")

        return Starlette(
            routes=[
                Route("/heimta-sw.js", worker),
                Route("/s/demo", batch, methods=["POST"]),
                Route("/{path:path}", page),
            ]
        )

    def subscribe(self, page: Page) -> Subscription:
        page.goto(f"{self.origin}/")
        told = page.evaluate(SUBSCRIBE, [f"/heimta-sw.js?e={self.edge}&s=demo", self.keys.public])
        return msgspec.convert(told, Subscription)

    def heard(self) -> list[tuple[str, str, str]]:
        """(event, message, visitor), in the order in which they came."""
        return [
            (event.t, msgspec.json.decode(event.p, type=MessageSeen).message, batch.vid)
            for batch in self.told
            for event in batch.ev
        ]

    def wait_to_hear(self, page: Page, *wanted: tuple[str, str]) -> None:
        """Until exactly these (event, message) were told, within a minute; each once."""
        for _ in range(1200):
            if len(self.heard()) >= len(wanted):
                break
            page.wait_for_timeout(50)
        assert sorted(self.heard()) == sorted((*event, VISITOR) for event in wanted)


@pytest.fixture(scope="module")
def worker(bundles: dict[str, bytes]) -> str:
    """The service worker as merchants get it."""
    return bundles["sw"].decode()


@pytest.fixture
def world() -> Iterator[World]:
    with push_world() as world:
        yield world


@pytest.fixture
def shop(world: World, worker: str) -> Iterator[Shop]:
    sock = listen()
    # One server, two origins: localhost is a secure context without TLS.
    shop = Shop(origin_of(sock, "localhost"), origin_of(sock), worker)
    serve = serving(shop.app(), sock)
    world.loop.run(serve.__aenter__())
    yield shop
    world.loop.run(serve.__aexit__(None, None, None))


def send(
    world: World,
    shop: Shop,
    to: Subscription,
    message: str,
    *,
    keys: VapidKeys | None = None,
    topic: str = "",
    navigate: str = "",
    settings: tuple[str, str] | None = None,
) -> Delivery:
    """One push the way the sender does it, with its settings read from their texts."""

    async def post() -> Delivery:
        extra, connect_to = parse_origins(world.push_origins), parse_connect_to(world.connect_to)
        async with WebPush(extra_origins=extra, connect_to=connect_to) as push:
            return await push.send(
                to,
                build(
                    title="Karfan þín bíður 🛒",
                    body=f"2 Mützen, 59,80 € ({message})",
                    navigate=navigate or f"{shop.edge}/r/{message}",
                    tag=message,
                    lang="is",
                    vid=VISITOR,
                    message=message,
                    settings=settings,
                    image=f"{shop.origin}/hat.png" if settings else "",
                ),
                topic=topic or message,
                ttl_s=600,
                urgency="high",
                keys=keys or shop.keys,
                now=time.time_ns() // 1_000_000,
            )

    return apart(post())


def texts(world: World) -> list[str]:
    return [note.text for note in world.notifications.shown]


def click_and_land(world: World, context: BrowserContext, note_id: int, url: str) -> None:
    with context.expect_page() as opened:
        world.notifications.click(note_id)
    opened.value.wait_for_url(url)


@pytest.mark.parametrize("browser", ["firefox", "chromium"])
def test_a_push_is_decrypted_shown_and_clicked(
    playwright: Playwright, world: World, shop: Shop, browser: str
) -> None:
    with world.launch(playwright, browser) as context:
        page = context.new_page()
        subscription = shop.subscribe(page)

        button = (
            "Stillingar",
            f"{shop.edge}/u/token",
        )  # with picture and button, whether they are shown or not
        assert send(world, shop, subscription, "m-1", settings=button) == SENT
        [note] = world.notifications.wait(1, pump=page.wait_for_timeout)
        assert (note.title, note.text) == ("Karfan þín bíður 🛒", "2 Mützen, 59,80 € (m-1)")
        shop.wait_to_hear(page, ("message_shown", "m-1"))
        page.wait_for_timeout(300)  # nobody clicks before they have read; see the worker's comment
        click_and_land(world, context, note.id, f"{shop.edge}/r/m-1")
        shop.wait_to_hear(page, ("message_shown", "m-1"), ("message_clicked", "m-1"))

        # One wrong bit: the push service still takes it, the browser cannot decrypt it, nothing is shown.
        world.service(browser).corrupt_next = True
        assert send(world, shop, subscription, "m-2") == SENT
        assert send(world, shop, subscription, "m-3") == SENT
        world.notifications.wait(2, pump=page.wait_for_timeout)
        page.wait_for_timeout(500)
        assert texts(world)[1:] == ["2 Mützen, 59,80 € (m-3)"]
        shop.wait_to_hear(
            page, ("message_shown", "m-1"), ("message_clicked", "m-1"), ("message_shown", "m-3")
        )

        stranger = make_keys("mailto:thief@evil.example")
        assert send(world, shop, subscription, "m-4", keys=stranger) == failed("vapid", permanent=True)

        assert page.evaluate(UNSUBSCRIBE) is True
        until = time.monotonic() + 60  # the browser tells its push service in its own time
        while (said := send(world, shop, subscription, "m-5")) == SENT and time.monotonic() < until:
            page.wait_for_timeout(100)
        assert said == gone("http_410")
        assert len(world.notifications.shown) == 2


def test_the_button_of_a_declarative_payload_leads_to_the_preferences(
    playwright: Playwright, world: World, shop: Shop
) -> None:
    """Chromium alone shows buttons here."""
    with world.launch(playwright, "chromium") as context:
        page = context.new_page()
        subscription = shop.subscribe(page)
        preferences = f"{shop.edge}/u/token"
        assert send(world, shop, subscription, "m-1", settings=("Stillingar", preferences)) == SENT
        [note] = world.notifications.wait(1, pump=page.wait_for_timeout)
        button = note.actions[note.actions.index("Stillingar") - 1]
        page.wait_for_timeout(300)  # nobody clicks before they have read; see the worker's comment
        with context.expect_page() as opened:
            world.notifications.click(note.id, button)
        opened.value.wait_for_url(preferences)
        shop.wait_to_hear(page, ("message_shown", "m-1"))  # and no click on what the message says


@pytest.mark.parametrize("browser", ["firefox", "chromium"])
def test_a_click_opens_nothing_foreign(
    playwright: Playwright, world: World, shop: Shop, browser: str
) -> None:
    with world.launch(playwright, browser) as context:
        page = context.new_page()
        subscription = shop.subscribe(page)
        before = len(context.pages)
        heard: list[tuple[str, str]] = []
        for n, foreign in enumerate(
            ("https://evil.example/r/x", f"{shop.edge}.evil.example/", "javascript:1"), 1
        ):
            assert send(world, shop, subscription, f"m-{n}", navigate=foreign) == SENT
            note = world.notifications.wait(n, pump=page.wait_for_timeout)[-1]
            heard.append(("message_shown", f"m-{n}"))
            shop.wait_to_hear(page, *heard)
            page.wait_for_timeout(300)  # as above
            world.notifications.click(note.id)
            heard.append(("message_clicked", f"m-{n}"))
            shop.wait_to_hear(page, *heard)
        page.wait_for_timeout(300)
        assert len(context.pages) == before


@pytest.mark.parametrize("browser", ["firefox", "chromium"])
def test_a_push_waits_for_a_closed_browser_and_the_newest_of_a_topic_wins(
    playwright: Playwright, world: World, shop: Shop, browser: str
) -> None:
    with world.launch(playwright, browser) as context:
        subscription = shop.subscribe(context.new_page())
    for message in ("old", "new"):
        assert send(world, shop, subscription, message, topic="cart") == SENT
    assert texts(world) == []
    with world.launch(playwright, browser) as context:
        page = context.new_page()
        page.goto(f"{shop.origin}/")
        world.notifications.wait(1, pump=page.wait_for_timeout)
        page.wait_for_timeout(500)
    assert texts(world) == ["2 Mützen, 59,80 € (new)"]
