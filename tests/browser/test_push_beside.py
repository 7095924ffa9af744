"""Our push worker beside a shop's own, in real browsers: neither hears of the other's pushes or fetches.

The shop's worker answers fetches and shows its own pushes. Ours is a file of its own (`apart`), or begun by
the shop's one file, as docs/snippet.md says (`one file`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pytest
from playwright.sync_api import Page, Playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from heimta.channels.result import SENT
from heimta.channels.vapid import VapidKeys, make_keys
from heimta.model.event import Subscription
from tests.browser.test_push_real import Shop, send, worker
from tests.push.loop import listen, origin_of, serving
from tests.push.world import World, push_world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
assert worker  # the fixture: our worker as merchants get it

OWN = """
self.onfetch = (event) => {
  if (new URL(event.request.url).pathname === '/asked') event.respondWith(new Response('by the shop'))
}
self.onpush = (event) => {
  const { tag } = event.data.json().notification
  const options = { body: `its own ${tag}`, tag: `own-${tag}` }
  event.waitUntil(self.registration.showNotification('The shop', options))
}
self.onactivate = (event) => event.waitUntil(self.clients.claim())
"""
ONE_FILE = """
if (new URL(location).searchParams.has('e')) importScripts('EDGE/w/sw.js')
else {OWN}
"""

REGISTER = """async ([file, scope, key]) => {
  const registration = await navigator.serviceWorker.register(file, { scope })
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
CONTROLLED = """async () => {
  while (!navigator.serviceWorker.controller) await new Promise((good) => setTimeout(good, 20))
  return [await (await fetch('/asked')).text(), new URL(navigator.serviceWorker.controller.scriptURL).search]
}"""
SCOPES = """async () => {
  const registrations = await navigator.serviceWorker.getRegistrations()
  return registrations.map(({ scope }) => new URL(scope).pathname)
}"""
END = "async () => (await navigator.serviceWorker.getRegistration('/heimta-push/')).unregister()"


@dataclass
class ShopWithWorker(Shop):
    own_keys: VapidKeys = field(default_factory=lambda: make_keys("mailto:own@shop.example"))

    def app(self) -> Starlette:
        one_file = ONE_FILE.replace("EDGE", self.edge).replace("OWN", OWN)
        files = {"/own.js": OWN, "/both.js": one_file, "/w/sw.js": self.worker}

        async def file(request: Request) -> Response:
            return Response(files[request.url.path], media_type="text/javascript")

        return Starlette(routes=[*(Route(path, file) for path in files), Mount("/", super().app())])

    def subscribe_both(self, page: Page, arrangement: str) -> tuple[Subscription, Subscription]:
        """The shop's own first, as it was there first; then ours."""
        own, ours = ("/own.js", "/heimta-sw.js") if arrangement == "apart" else ("/both.js", "/both.js")
        page.goto(f"{self.origin}/")
        first = page.evaluate(REGISTER, [own, "/", self.own_keys.public])
        assert page.evaluate(CONTROLLED) == ["by the shop", ""]
        second = page.evaluate(REGISTER, [f"{ours}?e={self.edge}&s=demo", "/heimta-push/", self.keys.public])
        return msgspec.convert(first, Subscription), msgspec.convert(second, Subscription)


@pytest.fixture
def world() -> Iterator[World]:
    with push_world() as world:
        yield world


@pytest.fixture
def shop(world: World, worker: str) -> Iterator[ShopWithWorker]:
    sock = listen()
    shop = ShopWithWorker(origin_of(sock, "localhost"), origin_of(sock), worker)
    serve = serving(shop.app(), sock)
    world.loop.run(serve.__aenter__())
    yield shop
    world.loop.run(serve.__aexit__(None, None, None))


@pytest.mark.parametrize(
    ("browser", "arrangement"), [("chromium", "apart"), ("chromium", "one file"), ("firefox", "apart")]
)
def test_neither_worker_disturbs_the_other(
    playwright: Playwright, world: World, shop: ShopWithWorker, browser: str, arrangement: str
) -> None:
    with world.launch(playwright, browser) as context:
        page = context.new_page()
        own, ours = shop.subscribe_both(page, arrangement)
        assert own.endpoint != ours.endpoint
        assert sorted(page.evaluate(SCOPES)) == ["/", "/heimta-push/"]
        # The page belongs to the shop's worker as before, and so do its requests; on the next page too.
        assert page.evaluate(CONTROLLED) == ["by the shop", ""]
        page.reload()
        assert page.evaluate(CONTROLLED) == ["by the shop", ""]

        assert send(world, shop, own, "m-1", keys=shop.own_keys) == SENT
        assert send(world, shop, ours, "m-2") == SENT
        notes = world.notifications.wait(2, pump=page.wait_for_timeout)
        assert sorted(note.title for note in notes) == ["Karfan þín bíður 🛒", "The shop"]
        shop.wait_to_hear(page, ("message_shown", "m-2"))

        # One ends, the other goes on.
        assert page.evaluate(END)
        assert send(world, shop, own, "m-3", keys=shop.own_keys) == SENT
        world.notifications.wait(3, pump=page.wait_for_timeout)
        assert [note.text for note in world.notifications.shown][-1] == "its own m-3"
        assert page.evaluate(CONTROLLED) == ["by the shop", ""]
        assert shop.heard() == [("message_shown", "m-2", "v" * 22)]
