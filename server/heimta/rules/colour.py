"""What colours are to an eye: how far apart two of them are, and the nearest one that is far enough.

Contrast is WCAG's (2.2, "relative luminance"). Lightness is changed in OKLCH, where a step looks the same
in every hue and the hue itself stays: a shop's red becomes a darker red, and not a brown.
Sources: w3.org/TR/WCAG22 (contrast ratio); Björn Ottosson, "A perceptual color space for image processing".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import atan2 as angle
from math import cbrt, cos, hypot, sin

TEXT, UI = 4.5, 3.0  # WCAG 1.4.3 for text, 1.4.11 for what is to be seen and is not text
STEPS = 100  # of lightness, on the search for a colour that passes

Rgb = tuple[float, float, float]  # linear light, 0 to 1
Lch = tuple[float, float, float]  # lightness 0 to 1, chroma, hue in radians


@lru_cache(maxsize=4096)
def _linear(colour: str) -> Rgb:
    def one(at: int) -> float:
        v = int(colour[at : at + 2], 16) / 255
        return float(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)

    return one(1), one(3), one(5)


def _hex(rgb: Rgb) -> str:
    def one(v: float) -> int:
        curved = v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055
        return round(min(1.0, max(0.0, curved)) * 255)

    return "#" + "".join(f"{one(v):02x}" for v in rgb)


def luminance(colour: str) -> float:
    r, g, b = _linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """1 for the same colour, 21 for black on white. Which is the ground does not matter."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def to_lch(colour: str) -> Lch:
    r, g, b = _linear(colour)
    long = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    bee = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, hypot(a, bee), angle(bee, a)


def _to_rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def from_lch(lightness: float, chroma: float, hue: float) -> str:
    """The colour, with as much of its chroma as a screen can show at this lightness."""
    if _can_be_shown(rgb := _to_rgb(lightness, chroma, hue)):
        return _hex(rgb)
    low, high = 0.0, chroma
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if _can_be_shown(_to_rgb(lightness, middle, hue)) else (low, middle)
    return _hex(_to_rgb(lightness, low, hue))


def _can_be_shown(rgb: Rgb) -> bool:
    return min(rgb) >= -1e-4 and max(rgb) <= 1 + 1e-4


def nearest(colour: str, passes: Callable[[str], bool]) -> str | None:
    """The colour of the same hue, with the smallest change of lightness, that passes; else None."""
    if passes(colour):
        return colour
    lightness, chroma, hue = to_lch(colour)
    for step in range(1, STEPS + 1):
        for changed in (lightness - step / STEPS, lightness + step / STEPS):
            if 0 <= changed <= 1 and passes(found := from_lch(changed, chroma, hue)):
                return found
    return next((end for end in ("#000000", "#ffffff") if passes(end)), None)


def mix(colour: str, ground: str, share: float) -> str:
    """`share` of the colour over the ground, as a browser blends an opacity: in sRGB as it stands."""
    parts = (
        round(int(colour[at : at + 2], 16) * share + int(ground[at : at + 2], 16) * (1 - share))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)
