"""The classes of mouse traces: how a visitor leaves, and what only looks like it.

Written before the detector was tuned, and never changed to suit it. How long somebody stays away is
log-normal; who is back, or moves again, within 10 s has stayed.
"""

from __future__ import annotations

from math import exp
from random import Random

from loadtest.exit.hand import HEIGHT, WIDTH
from loadtest.exit.traces import AWAY_MS, Script, Trace

TOOLBAR, TABS = -28, -68  # heights of what is aimed at, above the page


def spread(chance: Random, median: float, sigma: float) -> int:
    return min(round(median * exp(chance.gauss(0, sigma))), 120_000)


def wander(script: Script, ms: float = 1500) -> None:
    """Some more moves about the page."""
    chance, hand = script.chance, script.hand
    end = hand.now + ms
    while hand.now < end:
        hand.reach((chance.uniform(100, WIDTH - 100), chance.uniform(150, HEIGHT - 60)), width=60)
        hand.rest(chance.uniform(200, 700))


def end(script: Script, kind: str = "gone") -> None:
    script.happen(kind)
    script.hand.rest(1)


def leave(chance: Random) -> Trace:
    """The tab or the window is closed, another address typed; one in six goes there slowly."""
    script = Script(chance)
    script.browse()
    hand, way = script.hand, chance.random()
    script.turn()
    haste = 0.45 if chance.random() < 1 / 6 else 1.0
    if way < 0.4:  # the tab's cross
        hand.reach((chance.uniform(200, 900), TABS), width=16, haste=haste)
    elif way < 0.6:  # the window's cross, in its corner, which needs no aim
        hand.reach((WIDTH - 22, TABS), width=40, haste=haste)
    else:  # the address
        hand.reach((chance.uniform(180, 900), TOOLBAR), width=28, haste=haste)
        hand.rest(hand.click_ms())
        script.happen("blur")
        hand.rest(chance.uniform(1200, 6000))
        end(script)
        return script.trace("leave", left=True)
    hand.rest(hand.click_ms())
    end(script)
    return script.trace("leave", left=True)


def tab_switch(chance: Random) -> Trace:
    """To another tab; who is back soon has only looked."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    hand.reach((chance.uniform(150, 1000), TABS), width=90)
    hand.rest(hand.click_ms())
    script.happen("blur")
    script.happen("hide")
    away = spread(chance, 45_000, 1.2)
    hand.rest(away)
    script.happen("show")
    wander(script, 1000)
    return script.trace("tab switch", left=away >= AWAY_MS)


def back(chance: Random) -> Trace:
    """The back button: on the page where the visit began it leads away, on any other to the shop itself."""
    script = Script(chance)
    script.browse()
    landing = chance.random() < 0.6
    script.turn()
    script.hand.reach((chance.uniform(14, 34), TOOLBAR), width=30)
    script.hand.rest(script.hand.click_ms())
    end(script)
    return script.trace("back", left=landing, landing=landing)


def reload(chance: Random) -> Trace:
    """By the button, from where the pointer comes back into the new page, or by a key."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    if chance.random() < 0.4:
        script.happen("key", "", "F5")
        script.happen("reload", after=30)
    else:
        hand.reach((chance.uniform(78, 102), TOOLBAR), width=30)
        hand.rest(hand.click_ms())
        script.happen("reload")
        hand.rest(chance.uniform(300, 5000))
        if chance.random() < 0.4:  # hangs about between the page and the button
            hand.reach((hand.at[0] + chance.uniform(-30, 60), chance.uniform(4, 30)), width=40)
            hand.rest(chance.uniform(50, 300))
            hand.reach((hand.at[0], chance.uniform(-25, -4)), width=20)
            hand.rest(chance.uniform(80, 400))
    wander(script)
    return script.trace("reload", left=False, landing=chance.random() < 0.25)


def second_monitor(chance: Random) -> Trace:
    """Another screen above this one: the pointer passes through, and comes back sooner or later, or never."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    hand.reach((hand.at[0] + chance.gauss(0, 250), chance.uniform(-900, -250)), width=80)
    away = spread(chance, 6000, 1.6)
    if away > 1500 and chance.random() < 0.6:
        hand.rest(300)
        script.happen("blur")
    hand.rest(away)
    wander(script, 1200)
    return script.trace("second monitor", left=away >= AWAY_MS)


def keyboard(chance: Random) -> Trace:
    """To the address by keys, and away or, now and then, back; else keys that mean nothing of the kind."""
    script = Script(chance)
    script.browse()
    hand, way = script.hand, chance.random()
    script.turn()
    if way < 0.4:
        for _ in range(chance.randrange(3, 12)):
            mod, key = chance.choice(
                (("", "PageDown"), ("", "a"), ("ctrl", "f"), ("ctrl", "c"), ("", "l"), ("", "d"))
            )
            script.happen("key", mod, key)
            hand.rest(chance.uniform(80, 600))
        wander(script)
        return script.trace("keyboard", left=False)
    script.happen("key", *chance.choice((("ctrl", "l"), ("alt", "d"), ("meta", "l"))))
    hand.rest(20)
    script.happen("blur")
    if way < 0.5:  # changes their mind
        hand.rest(chance.uniform(400, 1500))
        wander(script)
        return script.trace("keyboard", left=False)
    hand.rest(chance.uniform(1000, 6000))
    end(script)
    return script.trace("keyboard", left=True)


def autocomplete(chance: Random) -> Trace:
    """The browser's list of earlier entries lies over the page, and the pointer goes into it."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    y = chance.choice((chance.uniform(14, 60), chance.uniform(120, 600)))  # one in two: the search at the top
    x = chance.uniform(200, 900)
    hand.reach((x, y), width=40)
    script.happen("down", "input")
    script.happen("focus", "input")
    script.happen("click", "input", after=90)
    hand.rest(chance.uniform(300, 1500))
    script.happen("key", "", "a")
    begin = hand.now
    hand.reach((x + chance.gauss(0, 30), y + chance.uniform(30, 120)), width=24)
    hand.rest(chance.uniform(200, 1200))
    if chance.random() < 0.5:  # up again, over the field, or out of it through the top
        hand.reach((x + chance.gauss(0, 60), chance.uniform(-40, 10) if y < 60 else y - 60), width=30)
        hand.rest(chance.uniform(100, 900))
        hand.reach((x, y + 40), width=24)
    script.covered.append((begin + 60, hand.now))
    hand.rest(150)
    script.happen("change")
    wander(script)
    return script.trace("autocomplete", left=False)


def select(chance: Random) -> Trace:
    """A native list of choices lies over the page, often opened from a bar at the top."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    y = chance.choice((chance.uniform(12, 70), chance.uniform(120, 700)))
    x = chance.uniform(200, 1100)
    hand.reach((x, y), width=40)
    script.happen("down", "select")
    script.happen("focus", "select")
    script.happen("click", "select", after=90)
    hand.rest(chance.uniform(120, 500))
    begin = hand.now
    for _ in range(chance.randrange(1, 4)):
        hand.reach((x + chance.gauss(0, 20), y + chance.uniform(20, 160)), width=24)
        hand.rest(chance.uniform(100, 500))
    if chance.random() < 0.3:  # past the top of the list
        hand.reach((x, chance.uniform(-30, 20)), width=30)
        hand.rest(chance.uniform(100, 700))
    script.covered.append((begin, hand.now))
    script.happen("change")
    wander(script)
    return script.trace("select", left=False)


def link_click(chance: Random) -> Trace:
    """A link or a button; while the next page loads the hand moves on, now and then up and out."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    is_link = chance.random() < 0.7
    script.turn()
    hand.reach(
        (chance.uniform(150, 1100), chance.choice((chance.uniform(12, 90), chance.uniform(150, 700)))),
        width=50,
    )
    hand.rest(chance.uniform(60, 200))
    script.happen("down", "a" if is_link else "button")
    script.happen("click", "a" if is_link else "button", after=90)
    hand.rest(chance.uniform(150, 700))
    loading = round(chance.uniform(300, 2500))
    begin = hand.now
    if chance.random() < 0.6:
        hand.reach((hand.at[0] + chance.gauss(0, 80), chance.uniform(-60, 15)), width=40)
        hand.rest(chance.uniform(100, 1200))
    if is_link:
        hand.rest(max(loading - (hand.now - begin), 1))
        end(script)
    else:
        wander(script)
    return script.trace("link click", left=False)


def scrollbar(chance: Random) -> Trace:
    """Along the strip at the right, held or not; it is no element, so the page loses the pointer there."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    hand.reach((WIDTH - 8, chance.uniform(30, 500)), width=12)
    begin = hand.now
    held = chance.random() < 0.6
    for _ in range(chance.randrange(1, 4)):
        hand.reach((WIDTH - 8 + chance.gauss(0, 3), chance.uniform(-20, 700)), width=40)
        hand.rest(chance.uniform(50, 400))
    if held:
        script.press.append((begin, hand.now))
    wander(script)
    return script.trace("scrollbar", left=False)


def context_menu(chance: Random) -> Trace:
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    y = chance.uniform(8, 300)
    hand.reach((chance.uniform(200, 1000), y), width=60)
    script.happen("down", "img")
    script.happen("menu")
    hand.rest(chance.uniform(200, 600))
    begin = hand.now
    hand.reach((hand.at[0] + chance.uniform(20, 120), y + chance.uniform(-y - 20, 150)), width=24)
    hand.rest(chance.uniform(200, 900))
    script.covered.append((begin, hand.now))
    wander(script)
    return script.trace("context menu", left=False)
