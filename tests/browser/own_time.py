"""Time that passes in a page by the test's word alone: no stall of the machine comes between two steps.

`page.clock.install()` before the page is opened; dates, timers and frames of the page are then Playwright's.
"""

from __future__ import annotations

from playwright.sync_api import Page

AHEAD_MS = 60_000  # the page's time goes on until it stands still; on a busy machine that takes a while


def stop(page: Page) -> None:
    """From here on time passes by `page.clock.run_for`. A minute is over at once, in which each timer fires
    once at most.
    """
    page.clock.pause_at(page.evaluate("Date.now()") + AHEAD_MS)


def go_out(page: Page, x: int, ys: tuple[int, ...], last: int | None, step_ms: int = 16) -> None:
    """The mouse on its way up, at the speed of a hand. last: a place beyond the window's edge, if the
    browser's protocol takes one; Firefox' does not, so there it is said in the page.
    """
    for y in ys:
        page.mouse.move(x, y)
        page.clock.run_for(step_ms)
    if last is not None:
        page.mouse.move(x, last)
        return
    page.evaluate(
        "(x) => document.body.dispatchEvent(new MouseEvent('mouseout',"
        " {bubbles: true, clientX: x, clientY: -5, relatedTarget: null}))",
        x,
    )
