"""How a hand moves a mouse: what the scripted traces are made of. Pure and seeded.

Scripted, not recorded. From the literature, so that nothing here was measured on our own detector:
- a reach is a minimum-jerk curve (Flash & Hogan, J. Neurosci. 1985), its peak a little before the middle;
- its time follows Fitts' law, 0.1 s + 0.17 s a bit (MacKenzie 1992; mice do 3.7 to 4.9 bit/s, Soukoreff &
  MacKenzie 2004), spread log-normally from hand to hand;
- the first stroke lands 4 % of the way off, short or beyond, and a second one corrects it 60 to 160 ms later
  (Meyer et al., Psychol. Rev. 1988);
- a hand trembles at 8 to 12 Hz, below a pixel; paths are bowed by some percent;
- browsers tell of one point a frame: 16.7 ms, or 8.3 ms on faster screens, a little unevenly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, hypot, log2, pi, sin
from random import Random

Point = tuple[float, float]

WIDTH, HEIGHT = 1280, 800  # of the viewport; above it are the toolbar (to -45) and the tabs (to -90)


def fitts_ms(chance: Random, distance: float, width: float) -> float:
    return 1000 * (0.1 + 0.17 * log2(distance / width + 1)) * exp(chance.gauss(0, 0.18))


@dataclass
class Hand:
    """A pointer on its way. path: a point for every millisecond so far."""

    chance: Random
    path: list[Point] = field(default_factory=list)

    @property
    def now(self) -> int:
        return len(self.path)

    @property
    def at(self) -> Point:
        return self.path[-1]

    def put(self, x: float, y: float) -> None:
        self.path.append((x, y))

    def rest(self, ms: float) -> None:
        self.path += [self.at] * round(ms)

    def stroke(self, to: Point, ms: float, bow: float = 0.03) -> None:
        """One minimum-jerk curve, slightly bowed."""
        (x0, y0), (x1, y1) = self.at, to
        side = self.chance.gauss(0, bow)
        steps = max(round(ms), 1)
        for step in range(1, steps + 1):
            part = (step / steps) ** 0.88
            done = part**3 * (10 - 15 * part + 6 * part**2)
            off = side * sin(pi * done)
            self.put(x0 + (x1 - x0) * done - (y1 - y0) * off, y0 + (y1 - y0) * done + (x1 - x0) * off)

    def reach(self, to: Point, width: float = 30, haste: float = 1.0) -> None:
        """Aim at something `width` px wide: a long stroke that lands a little off, then a correction."""
        (x0, y0), (x1, y1) = self.at, to
        distance = hypot(x1 - x0, y1 - y0)
        miss = self.chance.gauss(-0.02, 0.04)
        aside = self.chance.gauss(0, 0.02)
        landed = (x1 + (x1 - x0) * miss - (y1 - y0) * aside, y1 + (y1 - y0) * miss + (x1 - x0) * aside)
        self.stroke(landed, fitts_ms(self.chance, distance, width) * 0.8 / haste)
        if hypot(landed[0] - x1, landed[1] - y1) > width / 2:
            self.rest(self.chance.uniform(60, 160) / haste)
            self.stroke(to, fitts_ms(self.chance, hypot(landed[0] - x1, landed[1] - y1), width) * 0.6 / haste)

    def click_ms(self) -> float:
        """From arriving to the button being up again: seeing that one is there, and the press."""
        return self.chance.uniform(70, 220) + self.chance.uniform(60, 110)

    def frames(self) -> list[tuple[int, int, int]]:
        """(ms, x, y) as a browser samples them, trembling; a hand at rest tells of nothing."""
        chance = self.chance
        step = chance.choice((8.33, 16.67, 16.67))
        rate, size, phase = chance.uniform(8, 12), chance.uniform(0.2, 0.8), chance.uniform(0, 2 * pi)
        found: list[tuple[int, int, int]] = []
        at, last = 0.0, (-1, -1)
        while at < len(self.path):
            ms = min(len(self.path) - 1, max(0, round(at + chance.gauss(0, 0.6))))
            x, y = self.path[ms]
            is_moving = ms > 0 and self.path[ms - 1] != self.path[ms]
            shake = size * sin(2 * pi * rate * ms / 1000 + phase) if is_moving else 0.0
            point = (round(x + shake), round(y + shake * 0.7))
            if point != last and (not found or ms > found[-1][0]):
                found.append((ms, *point))
                last = point
            at += step
        return found
