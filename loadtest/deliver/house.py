"""A real store, edge and worker, the shop's pages, and lines between the browsers and the edge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from heimta.channels.vapid import make_keys
from heimta.model.documents import ShopDoc
from heimta.store import documents, secrets
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from loadtest.chaos import check
from loadtest.chaos.journal import Told
from loadtest.chaos.store import fresh_store
from loadtest.chaos.system import System
from loadtest.deliver.line import Line

SHOP = "demo"
PARTITIONS = 4
RTT_S = 0.2
FOLD_S = 60.0

# What a shopper does here: one look at a product, which the mark names.
TELL = "(mark) => heimta('product', {sku: mark, name: 'Hat', unit_minor: 1990, currency: 'EUR'})"
TAGGED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<script>window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)}</script>
<script async src="{edge}/s/demo.js"></script><h1>Hat</h1>"""
# What one writes first: the event when the page is hidden or left, by an ordinary fetch.
BARE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><h1>Hat</h1><script>
const id = (bytes) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
  .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=/g, '')
let waiting
window.heimta = (_, p) => { waiting = p }
heimta.on = true
const leave = () => {
  if (!waiting) return
  const ev = [{ n: 0, t: 'product_viewed', at: Date.now(), u: '/p', p: { exponent: 2, ...waiting } }]
  waiting = undefined
  fetch('{edge}/s/demo', { method: 'POST', credentials: 'omit',
    body: JSON.stringify({ v: 1, vid: id(16), sid: id(8), src: id(8), lang: 'en', sent: Date.now(), ev }) })
}
addEventListener('pagehide', leave)
document.addEventListener('visibilitychange', () => { if (document.hidden) leave() })
</script>"""
PAGES = {"/p": TAGGED, "/bare": BARE, "/elsewhere": "<!doctype html><title>Elsewhere</title>"}


@dataclass
class House:
    """shop: the address of its pages. A page is told by `?edge=` which line its tag comes by."""

    shop: str
    folder: Path
    edge: str
    redis: Client
    rtt_s: float = RTT_S
    lines: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        line = Line(self.edge, self.rtt_s)
        await line.start(self.folder)
        self.lines.append(line)
        return line

    async def hang_up(self) -> None:
        for line in self.lines:
            await line.stop()

    def page(self, path: str, line: Line) -> str:
        return f"{self.shop}{path}?edge={line.url}"

    async def has(self, mark: str) -> bool:
        """Whether the log has the event, whatever its shopper was answered."""
        async for kind, told in check.log(self.redis, SHOP, PARTITIONS):
            if kind == b"batch" and any(event["p"].get("sku") == mark for event in told["ev"]):
                return True
        return False

    async def audit(self) -> check.Found:
        """Everything that any line has carried, held against what is counted."""
        await check.quiesce(self.redis, PARTITIONS, patience_s=FOLD_S)
        told = Told()
        for line in self.lines:
            told.names |= line.told.names
            told.acked |= line.told.acked
        return await check.check(self.redis, SHOP, told, PARTITIONS)


async def _page(request: web.Request) -> web.Response:
    html = PAGES[request.path].replace("{edge}", request.query.get("edge", ""))
    return web.Response(text=html, content_type="text/html")


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    async with AsyncExitStack() as end:
        folder, store, redis = await end.enter_async_context(fresh_store(PARTITIONS))
        app = web.Application()
        app.add_routes([web.get(path, _page) for path in PAGES])
        runner = web.AppRunner(app)
        await runner.setup()
        end.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        shop = f"http://127.0.0.1:{runner.addresses[0][1]}"
        await _open_shop(redis, shop)
        system = System(folder, store.url, PARTITIONS, "https://127.0.0.1:9")
        system.add("edge")
        system.add("worker")
        end.push_async_callback(system.stop)
        await system.start()
        await system.edges[0].wait_until_ready(f"/s/{SHOP}.js")
        made = House(shop, folder, system.edges[0].url, redis)
        end.push_async_callback(made.hang_up)
        yield made


async def _open_shop(redis: Client, origin: str) -> None:
    vapid = make_keys("mailto:deliver@example.com")
    made = Secrets(webhook="w" * 43, signing="s" * 43, vapid_private=vapid.private, vapid_public=vapid.public)
    await secrets.create(redis, SHOP, made)
    document = ShopDoc(
        id=SHOP, name="Deliver", origins=(origin,), currency="EUR", cart="api", consent="implied"
    )
    await documents.put(redis, document, now=1)
