"""The page behind the link in each message: no script, no cookie, no other request, in the shop's colours.

One column that a thumb can work, made for a phone; light or dark as the device is. Everything that changes
something is a button of a form.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date
from msgspec import structs
from starlette.responses import HTMLResponse, Response

from heimta.model.documents import ShopDoc
from heimta.model.preferences import Pace, Topic
from heimta.model.theme import Theme
from heimta.rules.texts.preferences import topic_in, words_in
from heimta.rules.themes import compile_theme

SYSTEM = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
STYLE = """
*{box-sizing:border-box}
html{color-scheme:light dark;background:color-mix(in srgb,var(--s) 93%,var(--i));color:var(--i);
  -webkit-text-size-adjust:100%}
body{margin:0;min-height:100dvh;display:grid;align-items:start;justify-items:center;
  padding:min(7vh,4rem) 0 2rem}
main{width:100%;max-width:30rem;padding:clamp(1.5rem,6vw,2.5rem);background:var(--s)}
.shop{margin:0 0 .25rem;color:var(--q);font-size:.9375rem}
h1{margin:0;font-size:1.75rem;line-height:1.2;letter-spacing:-.01em}
.about{margin:.5rem 0 0;color:var(--q)}
.said{margin:1.25rem 0 0;padding:.75rem 1rem;border-inline-start:4px solid var(--a);border-radius:4px;
  background:color-mix(in srgb,var(--a) 12%,var(--s))}
fieldset{margin:1.75rem 0 0;padding:0;border:0;min-width:0}
legend{padding:0;margin:0 0 .25rem;font-weight:650}
label{display:flex;gap:.875rem;align-items:center;min-height:3rem;padding:.5rem 0;cursor:pointer}
label+label{border-top:1px solid color-mix(in srgb,var(--i) 14%,var(--s))}
label span{display:block}
small{display:block;color:var(--q);font-size:.9375rem;line-height:1.4}
input{flex:none;width:1.375rem;height:1.375rem;margin:0;accent-color:var(--a)}
button,.back{display:block;width:100%;min-height:3.25rem;margin:0;padding:.75rem 1rem;font:inherit;
  font-weight:600;text-align:center;text-decoration:none;border:1px solid;border-radius:var(--r);
  border-color:color-mix(in srgb,var(--i) 45%,var(--s));background:none;color:var(--i);cursor:pointer}
.main{margin-top:1.75rem;border-color:var(--a);background:var(--a);color:var(--o)}
.stop{margin:.75rem 0 0}
.stop p{margin:.625rem 0 0;color:var(--q);font-size:.9375rem;text-align:center}
.back{margin-top:1.75rem}
form~.back{margin-top:1rem;border:0;font-weight:400;text-decoration:underline;text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--a);outline-offset:3px;border-radius:4px}
button:focus-visible{border-radius:var(--r)}
@media (min-width:34rem){main{border-radius:calc(var(--r) + 6px)}}
@media (forced-colors:active){.main{border-width:2px}}
"""


class Held(Protocol):
    """What is chosen (edge/preferences.py, Chosen)."""

    @property
    def is_on(self) -> bool: ...
    @property
    def off(self) -> tuple[Topic, ...]: ...
    @property
    def pace(self) -> Pace: ...
    @property
    def until(self) -> int: ...


def centre_page(
    shop: ShopDoc,
    held: Held,
    topics: tuple[Topic, ...],
    lang: str,
    *,
    said: str = "",
    status: int = 200,
) -> Response:
    """The form, or that everything is off. said: a word of the texts that tells how the last step went."""
    words = words_in(lang)
    back = f'<a class="back" href="{escape(shop.origins[0])}/">{_put(words["back"], shop=shop.name)}</a>'
    head = f'<p class="shop">{escape(shop.name)}</p><h1>{words["title"]}</h1>'
    if not held.is_on:
        off = f'<p class="said" role="status">{words["off"]}</p><p class="about">{words["off_about"]}</p>'
        return _page(shop.theme, lang, words["title"], head + off + back, status)
    lines = [words[said]] if said else []
    if held.pace == "pause" and said != "failed":
        lines.append(_put(words["paused"], date=_day(held.until, shop.timezone, lang)))
    told = f'<p class="said" role="status">{" ".join(lines)}</p>' if lines else ""
    about = f'<p class="about">{words["about"]}</p>'
    return _page(
        shop.theme, lang, words["title"], head + about + told + _form(held, topics, lang) + back, status
    )


def broken_page(lang: str) -> Response:
    words = words_in(lang)
    inner = f'<h1>{words["title"]}</h1><p class="about">{words["broken"]}</p>'
    return _page(Theme(), lang, words["title"], inner, 404)


def _form(held: Held, topics: tuple[Topic, ...], lang: str) -> str:
    words = words_in(lang)
    ticks = ""
    for topic in topics:
        name, about = topic_in(topic, lang)
        tick = _tick("checkbox", "topic", topic, topic not in held.off)
        ticks += f"<label>{tick}<span>{name}<small>{about}</small></span></label>"
    what = f"<fieldset><legend>{words['what']}</legend>{ticks}</fieldset>" if ticks else ""
    paces = "".join(
        f"<label>{_tick('radio', 'pace', pace, pace == held.pace)}<span>{words[pace]}</span></label>"
        for pace in ("normal", "less", "pause")
    )
    return (
        f'<form method="post">{what}<fieldset><legend>{words["often"]}</legend>{paces}</fieldset>'
        f'<button class="main" name="act" value="save">{words["save"]}</button></form>'
        f'<form method="post" class="stop"><button name="act" value="stop" aria-describedby="stops">'
        f'{words["stop"]}</button><p id="stops">{words["stop_about"]}</p></form>'
    )


def _tick(kind: str, name: str, value: str, is_on: bool) -> str:
    return f'<input type="{kind}" name="{name}" value="{value}"{" checked" if is_on else ""}>'


def _put(text: str, **values: str) -> str:
    """The text with its holes filled, safe for HTML. Our own texts hold no markup."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", escape(value))
    return text


def _day(at: int, timezone: str, lang: str) -> str:
    return format_date(datetime.fromtimestamp(at / 1000, ZoneInfo(timezone)), "long", locale=lang)


def _page(theme: Theme, lang: str, title: str, inner: str, status: int) -> Response:
    # The shop's colours as they are by day; by night too, whatever the widgets do on the shop's own pages.
    colours = compile_theme(structs.replace(theme, scheme="auto"))
    font = ", ".join(_filled([theme.font, SYSTEM]))
    style = f":root{{{colours}}}{STYLE}body,button{{font:1.0625rem/1.5 {font}}}button{{font-weight:600}}"
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    document = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{style}</style></head>'
        f"<body><main>{inner}</main></body></html>"
    )
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
    }
    if status == 503:
        headers["Retry-After"] = "5"
    return HTMLResponse(document, status, headers)


def _filled(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]
