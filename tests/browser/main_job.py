"""What a shopper of the main job does on the demo shop's pages, and what Heimta has counted of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Locator, Page, expect

from heimta.store import keys
from heimta.store.connect import connect
from tests.browser.conftest import apart
from tests.browser.snippet_shop import CORE
from tests.push.world import World
from tests.stack import ADDRESS, Stack, stack

SILENCE_S = 12


@contextmanager
def main_job(world: World, *, apart_s: int = 60) -> Iterator[Stack]:
    """All of Heimta, sending its pushes to this world's services."""
    environ = {
        "HEIMTA_PUSH_ORIGINS": world.push_origins,
        "HEIMTA_PUSH_CONNECT_TO": world.connect_to,
    }
    with stack(silence_s=SILENCE_S, apart_s=apart_s, environ=environ) as running:
        yield running


def counted(heimta: Stack) -> Counter[str]:
    """All counters of the shop, over all hours."""

    async def read() -> Counter[str]:
        redis = connect(heimta.redis_url)
        sums: Counter[str] = Counter()
        for p in range(16):
            for key in await redis.keys(keys.rollup(p, "demo", "*")):
                for field, by in (await redis.hgetall(key)).items():
                    sums[field.decode().partition(":")[2]] += int(by)
        await redis.aclose()
        return sums

    return apart(read())


def until(page: Page, heimta: Stack, wanted: dict[str, int], seconds: float = 60) -> None:
    """Wait until the counters have grown to these values."""
    for _ in range(int(seconds * 2)):
        seen = counted(heimta)
        if all(seen[name] >= value for name, value in wanted.items()):
            break
        page.wait_for_timeout(500)
    assert {name: seen[name] for name in wanted} == wanted


def arrive(context: BrowserContext, heimta: Stack, path: str = "/") -> Page:
    """A new shopper, as a real one (not the merchant's preview), who allows the shop to remember."""
    page = context.new_page()
    page.goto(f"{heimta.shop_url}/?honest=1")
    page.get_by_role("button", name="Allow", exact=True).click()
    if path != "/":
        page.goto(heimta.shop_url + path)
    return page


def add(page: Page, heimta: Stack, slug: str, size: str) -> None:
    page.goto(f"{heimta.shop_url}/product/{slug}?size={size}")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#drawer")).to_be_visible()
    page.keyboard.press("Escape")


def shown(page: Page, name: str) -> Locator:
    """A dialog of ours by its name, once its moment has come: until then it waits on the page, inert."""
    return page.locator("[role=dialog]:not([inert])").and_(page.get_by_role("dialog", name=name))


# The end of the gesture, in the page at its own pace: from outside, a busy machine makes it a stroll.
# A headless browser has no window that a pointer could leave, so the last word is said for it.
# Its last place and the way out are of one instant: with a stall between them the way would be forgotten.
OUT_OF_THE_WINDOW = """async () => {
  const say = (kind, y) => document.documentElement.dispatchEvent(new PointerEvent(kind,
    { bubbles: true, clientX: 320, clientY: y, relatedTarget: null }))
  for (let y = 180; y > 0; y -= 15) {
    say('pointermove', y)
    await new Promise((done) => setTimeout(done, 12))
  }
  say('pointermove', 0)
  say('mouseout', -2)
}"""
# Nobody is asked in the first seconds, nor before all is there that it takes.
LOOKED_AROUND = f"""() => {{
  const core = {CORE}
  const waits = ({{ trigger }}) => trigger.on === 'exit'
  const why = core?.config.campaigns.filter(waits).map((one) => core.why?.(one))
  return why?.includes('trigger') && core.seconds > 2 && Date.now() - core.pageAt > 3000
}}"""
AFTER_CLICK_MS = 2600  # before that a click may lead to another page (signals/exit.ts)


def leave(page: Page) -> None:
    """Move the pointer as someone does who goes for the tab's close button, and beyond the page."""
    page.wait_for_timeout(AFTER_CLICK_MS)
    page.wait_for_function(LOOKED_AROUND)
    for y in range(420, 180, -30):
        page.mouse.move(320, y)
    page.evaluate(OUT_OF_THE_WINDOW)


def order(page: Page) -> None:
    for name, value in ADDRESS.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#country").select_option("IS")
    page.locator("#checkout button.button-big").click()
    page.wait_for_url("**/thanks/**")
