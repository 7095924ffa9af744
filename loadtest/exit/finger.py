"""The classes of touch traces. A phone tells of no pointer that leaves: only of scrolling, and of hiding.

A fling coasts as iOS and Android let it: its speed falls off exponentially, by half about every 230 ms
(UIScrollView's 0.998 a millisecond is 347 ms; Android's spline is shorter).
"""

from __future__ import annotations

from random import Random

from loadtest.exit.hand import HEIGHT
from loadtest.exit.pointer import end, spread
from loadtest.exit.traces import AWAY_MS, Script, Trace

LONG = 6000  # of the page, px
FRAME = 16


class Finger:
    """Scrolls a page; `y` is where it is."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.y = 0.0
        script.has_mouse = False
        script.hand.put(0, 0)

    def rest(self, ms: float) -> None:
        self.script.hand.rest(ms)

    def _scroll(self, by: float) -> None:
        self.y = min(max(self.y + by, 0), LONG)
        self.script.happen("scroll", round(self.y))

    def drag(self, by: float, ms: float) -> None:
        self.script.happen("touch", "start")
        steps = max(round(ms / FRAME), 1)
        for _ in range(steps):
            self.script.happen("touch", "move")
            self._scroll(by / steps)
            self.rest(FRAME)

    def fling(self, speed: float) -> None:
        """speed: px/ms when the finger lifts; negative goes up."""
        self.drag(speed * 90 * 0.7, 90)
        while abs(speed) > 0.05 and (self.y > 0 or speed > 0):
            self._scroll(speed * FRAME)
            speed *= 0.953
            self.rest(FRAME)

    def tap(self, what: str) -> None:
        self.script.happen("touch", "start")
        self.rest(70)
        self.script.happen("down", what)
        self.script.happen("click", what)


def begin(chance: Random) -> tuple[Script, Finger]:
    """Some seconds of reading."""
    script = Script(chance)
    finger = Finger(script)
    finger.rest(chance.uniform(1200, 2500))
    while script.hand.now < 6000:
        finger.fling(chance.uniform(0.6, 2.2))
        finger.rest(chance.uniform(400, 1800))
    return script, finger


def touch_scroll(chance: Random) -> Trace:
    """Reading on, back to a picture, up to the shop's own menu: what most people do most of the time."""
    script, finger = begin(chance)
    way = chance.random()
    script.turn()
    if way < 0.35:  # back a little
        for _ in range(chance.randrange(1, 4)):
            finger.fling(-chance.uniform(0.4, 1.8))
            finger.rest(chance.uniform(300, 1200))
    elif way < 0.5:  # "back to top", the page's own
        finger.tap("button")
        for _ in range(30):
            finger._scroll(-finger.y / 6)
            finger.rest(FRAME)
    elif way < 0.65:  # the bar of the address comes and goes, and the page with it
        for height in (HEIGHT - 56, HEIGHT):
            finger.drag(-chance.uniform(200, 500), 250)
            script.happen("size", height)
            finger.rest(chance.uniform(200, 900))
    elif way < 0.85:  # up to the menu, in a hurry
        while finger.y > 0:
            finger.fling(-chance.uniform(2.0, 4.5))
            finger.rest(chance.uniform(60, 250))
        finger.rest(chance.uniform(250, 1100))
        finger.tap("button")
        finger.rest(1500)
    else:  # a glance at another app
        script.happen("hide")
        finger.rest(min(spread(chance, 4000, 0.5), AWAY_MS - 2001))
        script.happen("show")
    finger.rest(600)
    for _ in range(3):
        finger.fling(chance.uniform(0.5, 2.0))
        finger.rest(chance.uniform(300, 900))
    return script.trace("touch scroll", left=False, device="touch", cart=chance.random() < 0.3)


def touch_leave(chance: Random) -> Trace:
    """To the address after reading, or away to another app or site and, in time, back."""
    script, finger = begin(chance)
    way = chance.random()
    script.turn()
    if way < 0.45:
        while finger.y > 0:
            finger.fling(-chance.uniform(2.0, 4.5))
            finger.rest(chance.uniform(60, 250))
        finger.rest(chance.uniform(500, 1500))
        script.happen("blur")  # the address is being typed
        finger.rest(chance.uniform(1500, 6000))
        end(script)
    else:
        script.happen("hide")
        away = AWAY_MS + spread(chance, 40_000, 1.2)
        finger.rest(away)
        script.happen("show")
        if way > 0.75:  # by "back", and "forward" again
            script.happen("restore", "elsewhere")
        finger.rest(4000)
        finger.fling(chance.uniform(0.5, 2.0))
        finger.rest(800)
    return script.trace("touch leave", left=True, device="touch", cart=chance.random() < 0.3)


def touch_back(chance: Random) -> Trace:
    """Back from another page of the shop, after a look at it: the page comes out of the cache."""
    script, finger = begin(chance)
    script.turn()
    finger.tap("a")
    finger.rest(300)
    script.happen("hide")
    finger.rest(spread(chance, 25_000, 0.8))
    script.happen("show")
    script.happen("restore", "shop")
    finger.rest(2500)
    finger.fling(chance.uniform(0.5, 2.0))
    finger.rest(2500)
    return script.trace("touch back", left=False, device="touch", cart=chance.random() < 0.3)


def idle(chance: Random) -> Trace:
    """Puts the phone down for some seconds, now and then with a full cart, and reads on."""
    script, finger = begin(chance)
    script.turn()
    finger.rest(spread(chance, 7000, 0.4))
    finger.fling(chance.uniform(0.5, 2.0))
    finger.rest(600)
    return script.trace("idle", left=False, device="touch", cart=chance.random() < 0.5)
