"""What a shop's widgets look like: whether its colours can be read, its dark set, a campaign's changes.

Checked when a theme is saved, so that no page has to; what is derived here is safe for any colours at all
(tests/rules/test_themes.py). The browser only writes the result into a style sheet: widgets/src/shell.ts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, structs

from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.theme import Colours, Theme, ThemeChange
from heimta.rules.colour import TEXT, UI, contrast, from_lch, luminance, mix, nearest, to_lch

# (what is seen, what it is on, the least contrast, the rule in words)
PAIRS = (
    ("ink", "surface", TEXT, "text needs 4.5 (WCAG 1.4.3)"),
    ("on_accent", "accent", TEXT, "text needs 4.5 (WCAG 1.4.3)"),
    ("accent", "surface", UI, "buttons and sliders need 3 (WCAG 1.4.11)"),
)
DARK_LIGHTNESS, INK_LIGHTNESS, ACCENT_LIGHTNESS = 0.24, 0.94, 0.74
QUIET = 0.72  # so much of the ink is in quiet text, if that can still be read


def theme_faults(theme: Theme, where: str = "theme") -> list[str]:
    """One line for each pair that cannot be read: both colours, what they reach, the rule, the way out."""
    found = list(_faults(theme, where))
    if theme.dark is not None:
        found += _faults(theme.dark, f"{where}.dark")
    return found


def campaign_faults(shop: ShopDoc, campaigns: Iterable[Campaign]) -> list[str]:
    """What the campaigns' changes make of their shop's theme."""
    return [
        f"campaign {campaign.id!r}: {fault}, as it stands on the theme of shop {shop.id!r}"
        for campaign in campaigns
        if campaign.theme is not None
        for fault in theme_faults(merged(shop.theme, campaign.theme))
    ]


def _faults(colours: Theme | Colours, where: str) -> Iterator[str]:
    return (fault.told(lambda name: f"{where}.{name}") for fault in unreadable(colours))


class Unreadable(Struct, frozen=True):
    """A pair of colours with too little contrast. ways: one of the two, each as the nearest that passes."""

    seen: str
    ground: str
    colours: Theme | Colours
    reached: float
    rule: str
    ways: dict[str, str]

    def told(self, called: Callable[[str], str]) -> str:
        """Both colours, what they reach, the rule, the way out. called: what a colour is to the reader."""
        one, other = (_shown(getattr(self.colours, name)) for name in (self.seen, self.ground))
        ways = " or ".join(f"{called(name)} {_shown(way)}" for name, way in self.ways.items())
        return (
            f"{called(self.seen)} {one} on {called(self.ground)} {other} has a contrast of "
            f"{_floor(self.reached)}; {self.rule}; the nearest that passes: "
            + (ways or "none, change both; #1a1f1d on #ffffff is a good beginning")
        )


def unreadable(colours: Theme | Colours) -> Iterator[Unreadable]:
    for seen, ground, least, rule in PAIRS:
        reached = contrast(getattr(colours, seen), getattr(colours, ground))
        if reached < least:
            nearby = {x: nearest(getattr(colours, x), _alone(colours, x)) for x in (seen, ground)}
            ways = {name: way for name, way in nearby.items() if way is not None}
            yield Unreadable(seen, ground, colours, reached, rule, ways)


def _alone(colours: Theme | Colours, name: str) -> Callable[[str], bool]:
    """Whether all pairs would pass with this one colour changed."""
    mine = [(seen, ground, least) for seen, ground, least, _ in PAIRS if name in (seen, ground)]

    def passes(colour: str) -> bool:
        return all(
            contrast(colour, getattr(colours, ground if seen == name else seen)) >= least
            for seen, ground, least in mine
        )

    return passes


def is_safe(colours: Theme | Colours) -> bool:
    return all(
        contrast(getattr(colours, seen), getattr(colours, on)) >= least for seen, on, least, _ in PAIRS
    )


def dark_of(light: Theme | Colours) -> Colours:
    """A dark set of the same hues, readable whatever it is made of."""
    here = Colours(light.accent, light.on_accent, light.surface, light.ink)
    if luminance(light.surface) < 0.1 and is_safe(light):
        return here  # it is a dark set already
    _, tint, hue = to_lch(light.surface)
    surface = from_lch(DARK_LIGHTNESS, min(tint, 0.02), hue)
    _, tint, hue = to_lch(light.ink)
    ink = from_lch(INK_LIGHTNESS, min(tint, 0.02), hue)
    lightness, chroma, hue = to_lch(light.accent)
    accent = from_lch(max(lightness, ACCENT_LIGHTNESS), min(chroma, 0.14), hue)
    on_accent = from_lch(0.2, min(chroma, 0.03), hue)
    return Colours(accent, on_accent, surface, ink)


def merged(theme: Theme, change: ThemeChange | None) -> Theme:
    """The shop's theme as a campaign changes it. Other colours have a dark set of their own."""
    if change is None:
        return theme
    given = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not None}
    if "dark" not in given and given.keys() & set(Colours.__struct_fields__):
        given["dark"] = None
    return structs.replace(theme, **given)


def compile_theme(theme: Theme) -> str:
    """What the browser gets: declarations that a widget writes into its style sheet as they stand.

    A string, since every widget would otherwise carry the code that makes it. The dark set is in a nested
    rule (CSS nesting): a browser too old for that stays light.
    """
    dark = theme.dark or dark_of(theme)
    scheme = "light dark" if theme.scheme == "auto" else theme.scheme
    given = f"--r:{theme.radius_px}px;--p:{theme.space_px}px;--f:{theme.font or 'inherit'};--c:{scheme}"
    compiled = f"{_colours(dark if theme.scheme == 'dark' else theme)};{given}"
    if theme.scheme == "auto":
        compiled += f";@media(prefers-color-scheme:dark){{{_colours(dark)}}}"
    return compiled


def _colours(colours: Theme | Colours) -> str:
    quiet = quiet_of(colours.ink, colours.surface)
    return f"--a:{colours.accent};--o:{colours.on_accent};--s:{colours.surface};--i:{colours.ink};--q:{quiet}"


def quiet_of(ink: str, surface: str) -> str:
    """For what is said in passing: softer than the ink, as far as it can still be read."""
    share = QUIET
    while share < 1 and contrast(found := mix(ink, surface, share), surface) < TEXT:
        share += 0.02
    # Between two hues the way may lead over a colour that stands out more than the ink.
    return found if share < 1 and contrast(found, surface) <= contrast(ink, surface) else ink


def _shown(colour: str) -> str:
    return repr(colour.lower())


def _floor(ratio: float) -> str:
    """Cut, not rounded: 4.499 is not 4.5."""
    return f"{int(ratio * 100) / 100:g}"
