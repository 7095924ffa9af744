"""Themes: what cannot be read is told with the way out; what is derived can be read, always."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heimta.model.campaign import Campaign, Trigger, Variant
from heimta.model.contents import PopupContent
from heimta.model.documents import ShopDoc
from heimta.model.theme import Colours, Font, Theme, ThemeChange
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.colour import TEXT, UI, contrast, from_lch, nearest, to_lch
from heimta.rules.compile import compile_config
from heimta.rules.themes import (
    campaign_faults,
    compile_theme,
    dark_of,
    is_safe,
    merged,
    quiet_of,
    theme_faults,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
themes = st.builds(Theme, accent=colours, on_accent=colours, surface=colours, ink=colours)
SHOP = ShopDoc(id="demo", name="Demo", origins=("https://demo.example",), currency="EUR")
SHOP_TEXT = "{kind: shop, id: demo, name: D, origins: ['https://d.example'], currency: EUR, theme: {%s}}"


# From WCAG's own working examples, and a grey known for standing at the edge.
@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_wcags(one: str, other: str, ratio: float):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@given(colours)
@settings(deadline=None)
def test_a_colour_survives_the_way_through_oklch(colour: str):
    back = from_lch(*to_lch(colour))
    assert all(abs(int(colour[at : at + 2], 16) - int(back[at : at + 2], 16)) <= 1 for at in (1, 3, 5))


def test_the_theme_that_comes_with_heimta_can_be_read():
    assert theme_faults(Theme()) == []
    assert is_safe(dark_of(Theme()))


@given(themes)
@settings(max_examples=60, deadline=None)
def test_a_dark_set_can_be_read_whatever_it_is_made_of(theme: Theme):
    dark = dark_of(theme)
    assert contrast(dark.ink, dark.surface) >= TEXT
    assert contrast(dark.on_accent, dark.accent) >= TEXT
    assert contrast(dark.accent, dark.surface) >= UI
    assert contrast(dark.surface, "#000000") < 3, "it is dark"
    assert dark_of(dark) == dark, "and a dark set of it would be itself"


@given(themes)
@settings(max_examples=8, deadline=None)
def test_a_fault_names_colours_that_would_do(theme: Theme):
    for fault in theme_faults(theme):
        for name, colour in re.findall(
            r"theme\.(\w+) '(#[0-9a-f]{6})'", fault.partition("nearest that passes")[2]
        ):
            mended = msgspec.structs.replace(theme, **{name: colour})
            assert len(theme_faults(mended)) < len(theme_faults(theme))


@given(colours, colours)
@example("#780d8c", "#00ce74")  # the way from one to the other leads over what stands out more
@settings(deadline=None)
def test_quiet_text_is_softer_and_can_be_read_where_the_ink_can(ink: str, surface: str):
    quiet = quiet_of(ink, surface)
    if contrast(ink, surface) >= TEXT:
        assert TEXT <= contrast(quiet, surface) <= contrast(ink, surface)


def test_the_nearest_keeps_the_hue():
    found = nearest("#e0115f", lambda colour: contrast(colour, "#ffffff") >= 7)
    assert found is not None
    assert contrast(found, "#ffffff") >= 7
    assert to_lch(found)[2] == pytest.approx(to_lch("#e0115f")[2], abs=0.05)


def test_a_theme_that_cannot_be_read_is_refused_with_the_way_out():
    with pytest.raises(BadDocument) as refused:
        read_documents(SHOP_TEXT % "accent: '#ff8800'")
    told = str(refused.value)
    assert "theme.on_accent '#ffffff' on theme.accent '#ff8800' has a contrast of 2.39" in told
    assert "text needs 4.5 (WCAG 1.4.3); the nearest that passes: theme.on_accent '#" in told
    assert "theme.accent '#ff8800' on theme.surface '#ffffff'" in told  # 2.39: no button anybody sees
    [way] = re.findall(r"or theme\.accent '(#[0-9a-f]{6})'", told)
    assert read_documents(SHOP_TEXT % f"accent: '{way}'")


def test_a_dark_set_that_is_given_is_checked_too():
    dark = Colours(accent="#88c0a8", on_accent="#102018", surface="#181c1a", ink="#454545")
    [fault] = theme_faults(Theme(scheme="auto", dark=dark))
    assert fault.startswith("theme.dark.ink '#454545' on theme.dark.surface '#181c1a'")


@pytest.mark.parametrize(
    "bad", ["Inter;}", "url(https://x.example)", "a{b", "\\3b", "</style>", "'Inter", '"A', "a,,b"]
)
def test_a_font_is_names_only(bad: str):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, Font)
    for good in ("", "Inter", "'Iowan Old Style', Georgia, serif", '"A", B C'):
        assert msgspec.convert(good, Font) == good


def test_light_sends_no_dark_set_dark_sends_nothing_else_and_auto_sends_both():
    light, dark, auto = (compile_theme(Theme(scheme=scheme)) for scheme in ("light", "dark", "auto"))  # type: ignore[arg-type]
    assert light == (
        "--a:#1f4d3f;--o:#ffffff;--s:#ffffff;--i:#1a1f1d;--q:#5a5e5c;--r:12px;--p:24px;--f:inherit;--c:light"
    )
    assert "@media" not in dark and dark.endswith("--c:dark")
    assert auto.startswith(light + " dark;@media(prefers-color-scheme:dark){--a:#")
    assert dark.partition(";--r")[0] in auto


@given(themes, st.sampled_from(["light", "dark", "auto"]))
@settings(max_examples=30, deadline=None)
def test_nothing_in_a_theme_ends_the_rule_it_is_written_into(
    theme: Theme, scheme: Literal["light", "dark", "auto"]
):
    sent = compile_theme(msgspec.structs.replace(theme, scheme=scheme, font="'A B', serif"))
    declaration = r"--[aosiq]:#[0-9a-f]{6};?|--[rp]:\d+px;|--f:'A B', serif;|--c:[a-z ]+"
    assert re.fullmatch(
        rf"(?:{declaration})+(?:;@media\(prefers-color-scheme:dark\)\{{(?:{declaration})+\}})?", sent
    )


def campaign(change: ThemeChange) -> Campaign:
    variants = (Variant("a", PopupContent(title="Stay")),)
    return Campaign("exit", "demo", "Exit", Trigger("exit"), variants, live=True, theme=change)


def test_a_campaign_changes_what_it_names_and_the_page_gets_it_whole():
    config = compile_config(
        SHOP, [(campaign(ThemeChange(accent="#7a1f3d")), 1)], revision=1, vapid_public="", widgets={}
    )
    assert config["campaigns"][0]["theme"] == config["theme"].replace("#1f4d3f", "#7a1f3d")


def test_other_colours_have_a_dark_set_of_their_own():
    dark = Colours(accent="#88c0a8", on_accent="#102018", surface="#181c1a", ink="#e5e5e5")
    shop = Theme(scheme="auto", dark=dark)
    assert merged(shop, ThemeChange(radius_px=0)).dark == dark
    assert merged(shop, ThemeChange(accent="#7a1f3d")).dark is None


def test_a_campaigns_colours_are_held_against_its_shops():
    [fault] = campaign_faults(SHOP, [campaign(ThemeChange(ink="#999999"))])
    assert "campaign 'exit': theme.ink '#999999' on theme.surface '#ffffff' has a contrast of 2.84" in fault
    assert "as it stands on the theme of shop 'demo'" in fault
