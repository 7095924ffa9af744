"""The classes of mouse traces around the edge of the window, by visitors who stay or leave some other way."""

from __future__ import annotations

from random import Random

from loadtest.exit.hand import HEIGHT, WIDTH
from loadtest.exit.pointer import spread, wander
from loadtest.exit.traces import AWAY_MS, Script, Trace


def graze(chance: Random) -> Trace:
    """Over the top edge and back: flicks as fast as any leaving, sweeps along it, a hand that rests on it."""
    script = Script(chance)
    script.browse()
    hand, way = script.hand, chance.random()
    script.turn()
    if way < 0.6:  # a flick: up, and at once back, 100 to 400 ms beyond the edge
        x = hand.at[0] + chance.gauss(0, 120)
        hand.stroke((x, chance.uniform(-70, -6)), chance.uniform(180, 420))
        hand.rest(chance.choice((0, chance.uniform(0, 160))))
        hand.stroke((x + chance.gauss(0, 60), chance.uniform(120, 500)), chance.uniform(200, 450))
    elif way < 0.85:  # along the edge, in and out
        hand.reach((chance.uniform(200, 1000), chance.uniform(2, 20)), width=30)
        for _ in range(chance.randrange(2, 6)):
            x = min(max(hand.at[0] + chance.gauss(0, 160), 20), WIDTH - 40)
            hand.stroke((x, chance.uniform(-12, 16)), chance.uniform(150, 600))
            hand.rest(chance.uniform(0, 120))
    else:  # puts the pointer out of the way of the text, at the very top, and reads
        hand.reach((chance.uniform(200, 1100), chance.uniform(1, 12)), width=16)
        for _ in range(chance.randrange(2, 5)):
            hand.rest(chance.uniform(400, 1500))
            hand.stroke((hand.at[0] + chance.gauss(0, 5), chance.uniform(-4, 8)), chance.uniform(80, 200))
            hand.stroke((hand.at[0] + chance.gauss(0, 5), chance.uniform(2, 10)), chance.uniform(80, 250))
    wander(script)
    return script.trace("graze", left=False)


def top_menu(chance: Random) -> Trace:
    """Something of the shop's own at the very top of the page: aimed at, overshot, come back to."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    x, y = chance.uniform(100, 1150), chance.uniform(6, 34)
    if chance.random() < 0.5:  # beyond it at first
        hand.stroke((x + chance.gauss(0, 20), -chance.uniform(3, 45)), chance.uniform(250, 550))
        hand.rest(chance.uniform(40, 160))
        hand.stroke((x, y), chance.uniform(120, 300))
    else:
        hand.reach((x, y), width=26)
    hand.rest(hand.click_ms())
    if chance.random() < 0.6:
        script.happen("down", "button")
        script.happen("click", "button", after=80)
        hand.rest(100)
    for _ in range(chance.randrange(0, 3)):  # along the menu
        hand.reach((min(max(x + chance.gauss(0, 150), 30), WIDTH - 40), chance.uniform(4, 40)), width=40)
        hand.rest(chance.uniform(50, 400))
    wander(script)
    return script.trace("top menu", left=False)


def dialog(chance: Random) -> Trace:
    """Another dialog is open, a size chart or a newsletter; the pointer goes for its cross, or past it."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.happen("dialog", "open")
    hand.rest(chance.uniform(300, 2000))
    script.turn()
    hand.reach((chance.uniform(800, 1240), chance.uniform(-50, 40)), width=30)
    hand.rest(chance.uniform(100, 900))
    wander(script, 600)
    script.happen("down", "button")
    script.happen("click", "button", after=80)
    script.happen("dialog", "shut", after=90)
    wander(script)
    return script.trace("dialog", left=False)


def other_sides(chance: Random) -> Trace:
    """Through the side or the bottom: a taskbar, a side bar, the edge of a window. Few are gone for long."""
    script = Script(chance)
    script.browse()
    hand = script.hand
    script.turn()
    to = chance.choice(
        (
            (chance.uniform(200, 1000), HEIGHT + chance.uniform(10, 60)),
            (-chance.uniform(5, 200), chance.uniform(20, 700)),
            (WIDTH + chance.uniform(5, 200), chance.uniform(20, 700)),
        )
    )
    hand.reach(to, width=40)
    away = min(spread(chance, 1500, 1.0), AWAY_MS - 1)
    hand.rest(away)
    wander(script, 1000)
    return script.trace("other sides", left=False)


def from_above(chance: Random) -> Trace:
    """Come from another program or the address bar: the pointer enters from above, and dithers there."""
    script = Script(chance)
    hand = script.hand
    hand.put(chance.uniform(100, 1100), chance.uniform(-80, -20))
    hand.rest(chance.uniform(3200, 6000))
    script.turn()
    hand.reach((hand.at[0] + chance.gauss(0, 60), chance.uniform(3, 40)), width=30)
    hand.rest(chance.uniform(60, 500))
    if chance.random() < 0.6:
        hand.stroke((hand.at[0], -chance.uniform(3, 25)), chance.uniform(120, 300))
        hand.rest(chance.uniform(40, 250))
    wander(script, 2000)
    return script.trace("from above", left=False)
