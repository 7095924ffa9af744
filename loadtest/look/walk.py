"""Goes through a campaign as somebody does who has a keyboard and no mouse, and has axe look at every view.

A view is what is seen between two presses of the main button. What is found is told in sentences.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, TimeoutError

from loadtest.look.pages import OURS, rest

MOST_VIEWS, PRESSES = 6, 6
CARD = "corner-reassurance"  # of loadtest.look.place.OF_MANY
# The element that has the focus, through shadow roots; and whether it is ours.
DEEP = """() => {
  let at = document.activeElement, ours = false
  while (at?.shadowRoot?.activeElement) {
    ours ||= at.localName.startsWith('heimta-')
    at = at.shadowRoot.activeElement
  }
  return [at, ours]
}"""
# What a keyboard must be able to reach, in order: one radio of a group is enough.
REACHABLE = f"""() => {{
  const groups = new Set()
  return {OURS}.flatMap((host) => [...(host.shadowRoot || host).querySelectorAll(
    'button,a[href],input,textarea,select,summary,[tabindex="0"],iframe')]).filter((e) => {{
      if (e.disabled || e.tabIndex < 0 || !e.checkVisibility({{visibilityProperty: true}})) return false
      if (e.type !== 'radio') return true
      const seen = groups.has(e.name)
      groups.add(e.name)
      return !seen
    }}).map((e) => {{
      const words = (e.ariaLabel || e.textContent || e.type || '').trim().slice(0, 30)
      window.named ||= new Map()
      if (!named.has(e)) named.set(e, `${{named.size}}:${{e.localName}} ${{words}}`)
      return named.get(e)
    }})
}}"""
# The same name for what has the focus now, and whether it can be seen to have it.
HERE = f"""() => {{
  const [at, ours] = ({DEEP})()
  if (!ours) return [null, true]
  const style = getComputedStyle(at)
  const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
  let name = window.named?.get(at)
  if (!name && at.type === 'radio')
    for (const [e, n] of window.named || []) if (e.type === 'radio' && e.name === at.name) name = n
  return [name || at.localName, ringed || style.boxShadow !== 'none' || at.localName === 'iframe']
}}"""
# The last thing of the page's own that can have the focus: from there it is one step to ours.
TO_THE_END = f"""() => {{
  const last = {OURS}[0]
  const before = [...document.querySelectorAll('a[href],button,input,select,textarea')].filter((e) =>
    !e.disabled && !e.localName.startsWith('heimta-') && e.checkVisibility({{visibilityProperty: true}}) &&
    last && e.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING)
  before.at(-1)?.focus({{preventScroll: true}})
}}"""
FILL = f"""() => {{
  const fields = {OURS}.flatMap((host) => [...(host.shadowRoot || host).querySelectorAll('input,textarea')])
    .filter((e) => e.checkVisibility())
  const first = fields.find((e) => e.type !== 'radio' || !e.checked)
  first?.focus()
  return first ? first.type : ''
}}"""
WORDS = f"{OURS}.map((host) => (host.shadowRoot || host).textContent).join(' ').slice(0, 400)"
WAIT_MS = 180_000  # a proof of what can be reached, not of how fast
KEYS = {"range": ["ArrowRight"], "radio": ["Space"], "checkbox": ["Space"]}
TYPED = {
    "email": "sigga@example.com",
    "tel": "+3545551234",
    "textarea": "A larger size",
    "text": "A larger size",
}


@dataclass
class Found:
    """views: seen. broken: axe's. faults: of the walk. taken: cards that took the focus unasked."""

    views: int = 0
    broken: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def add(self, other: Found, where: str) -> None:
        self.views += other.views
        for name in ("broken", "faults", "taken"):
            getattr(self, name).extend(f"{where}: {one}" for one in getattr(other, name))


async def own_faults(page: Page) -> set[str]:
    """What axe finds in the page before anything of ours is on it: not ours to mend, and not counted."""
    return set(await _axe(page))


async def _axe(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [
        f"{broken['id']} at {node['target']}"
        for broken in results.response["violations"]
        for node in broken["nodes"]
    ]


async def walk(page: Page, known: set[str]) -> Found:
    """Every view of what shows on the page now. known: the page's own faults."""
    found = Found()
    modal = await page.evaluate(f"{OURS}.some((host) => host.shadowRoot?.querySelector('dialog:modal'))")
    inside = (await page.evaluate(HERE))[0] is not None
    if inside and not modal:
        found.taken.append("it took the focus")
    if modal and not inside:
        found.faults.append("it covers the page and the focus is behind it")
    titles: set[str] = set()
    for _ in range(MOST_VIEWS):
        title = await _title(page)
        if title in titles:
            break
        titles.add(title)
        await _look(page, known, found, modal)
        if not await _go_on(page):
            break
    await _leave(page, found)
    return found


async def _title(page: Page) -> str:
    return str(await page.evaluate(WORDS))


async def _look(page: Page, known: set[str], found: Found, modal: bool) -> None:
    await rest(page)
    found.views += 1
    found.broken += [one for one in await _axe(page) if one not in known]
    if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        found.faults.append("something sticks out sideways")
    wanted: list[str] = await page.evaluate(REACHABLE)
    if not modal:
        await page.evaluate(TO_THE_END)
    reached: list[str] = []
    entered = False
    for _ in range(len(wanted) + 4 if wanted else 1):
        await page.keyboard.press("Tab")
        name, ringed = await page.evaluate(HERE)
        if name is None:
            if entered and not modal:
                break
            continue
        entered = True
        if not ringed:
            found.faults.append(f"nothing shows that the focus is on {name}")
        reached.append(name)
        # Not a step further than is asked: behind the page's last place is Firefox' own window, from which no
        # script takes the focus back, and a button pressed by key later would hear nothing.
        if not modal and set(wanted) <= set(reached):
            break
    missed = [name for name in wanted if name not in reached]
    if missed:
        found.faults.append(f"no Tab leads to {missed}; it leads to {reached}")


async def _go_on(page: Page) -> bool:
    """Answers what is asked, and presses the main button by key. False when there is none that stays here."""
    kind: str = await page.evaluate(FILL)
    for key in KEYS.get(kind, []):
        await page.keyboard.press(key)
    if kind in TYPED:
        await page.keyboard.type(TYPED[kind])
    ready = await page.evaluate(
        f"""() => {{
          const main = {OURS}.flatMap((host) => [...(host.shadowRoot || host).querySelectorAll('button.a')])
            .find((e) => e.checkVisibility() && !e.disabled)
          main?.focus()
          return !!main
        }}"""
    )
    if not ready:
        return False
    before = await _title(page)
    await page.keyboard.press("Enter")
    await page.wait_for_function(f"(before) => {WORDS} !== before", arg=before, timeout=WAIT_MS)
    # An answer that comes from the edge has a view of its own before it, in which nothing can be pressed.
    await page.wait_for_function(
        f"{OURS}.every((host) => !/One moment/.test((host.shadowRoot || host).textContent))"
    )
    return bool(await page.evaluate(f"{OURS}.length"))


async def overlay(page: Page, known: set[str]) -> Found:
    """The merchant's own overlay: folded, open, all unfolded, behind a preview; then closed by key."""
    found = Found()
    shown = f"{OURS}.find((host) => host.localName === 'heimta-debug')?.shadowRoot"
    await page.wait_for_function(f"{shown}?.querySelector('#p')?.checkVisibility()", timeout=WAIT_MS)
    await _look(page, known, found, False)
    await page.evaluate(f"{shown}.querySelector('#p').focus()")
    await page.keyboard.press("Enter")
    await page.wait_for_function(f"{shown}.querySelector('.open')", timeout=WAIT_MS)
    await _look(page, known, found, False)
    await page.evaluate(f"{shown}.querySelectorAll('details').forEach((one) => {{ one.open = true }})")
    await _look(page, known, found, False)
    # A card's: behind what is modal nothing can be reached, the overlay neither, and Escape ends it.
    button = f"[...{shown}.querySelectorAll('.card')].find((one) => one.textContent.startsWith({CARD!r}))"
    button += ".querySelector('button.b')"
    for _ in range(PRESSES):  # it waits ten seconds for a widget's file, which is little on a busy machine
        await page.evaluate(f"{button}.focus()")
        await page.keyboard.press("Enter")
        await page.wait_for_function(f"{button}.textContent !== 'Fetching…'", timeout=WAIT_MS)
        if await page.evaluate(f"{shown}.querySelector('#p').textContent === 'End preview'"):
            break
    else:
        found.faults.append("no preview comes of pressing its button")
        return found
    await _look(page, known, found, False)
    await page.evaluate(f"{shown}.querySelector('#p').focus()")
    await page.keyboard.press("Enter")
    await page.wait_for_function(f"{shown}.querySelector('.open')", timeout=WAIT_MS)
    await page.evaluate(f"{shown}.querySelector('header button:last-child').focus()")
    await page.keyboard.press("Enter")
    try:
        await page.wait_for_function(f"!({shown})", timeout=WAIT_MS)
    except TimeoutError:
        found.faults.append("the overlay cannot be closed by key")
    return found


async def _leave(page: Page, found: Found) -> None:
    closes = f"{OURS}.some((host) => host.shadowRoot?.querySelector('[role=dialog],dialog,aside'))"
    if not await page.evaluate(closes):
        return
    if await page.evaluate(REACHABLE) and (await page.evaluate(HERE))[0] is None:
        await page.evaluate(TO_THE_END)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    try:
        await page.wait_for_function(f"!({closes})", timeout=WAIT_MS)
    except TimeoutError:
        found.faults.append("Escape does not close it")
