"""The page behind the link in each message, in the shop's colours and words: no script, no other request.

One column that a thumb can work, made for a phone; light or dark as the device is. Everything that changes
something is a button of a form.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape

from msgspec import structs
from starlette.responses import HTMLResponse, Response

from heimta.model.documents import ShopDoc
from heimta.model.theme import Theme
from heimta.rules.locales import direction_of
from heimta.rules.preference_words import Words
from heimta.rules.preferences import View
from heimta.rules.themes import compile_theme

SYSTEM = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
STYLE = """
*{box-sizing:border-box}
html{color-scheme:light dark;background:color-mix(in srgb,var(--s) 93%,var(--i));color:var(--i);
  -webkit-text-size-adjust:100%}
body{margin:0;min-height:100dvh;display:grid;align-items:start;justify-items:center;
  padding:min(7vh,4rem) 0 2rem}
main{width:100%;max-width:30rem;padding:clamp(1.5rem,6vw,2.5rem);background:var(--s);overflow-wrap:anywhere}
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
fieldset+button{margin-top:1.75rem;border-color:var(--a);background:var(--a);color:var(--o)}
form>button:first-child{margin-top:1.25rem}
button+button{margin-top:.75rem}
.said p{margin:0}
.said p+p{margin-top:.25rem}
form p{margin:.625rem 0 0;color:var(--q);font-size:.9375rem;text-align:center}
.back{margin-top:1.75rem}
form~.back{margin-top:1rem;border:0;font-weight:400;text-decoration:underline;text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--a);outline-offset:3px;border-radius:4px}
button:focus-visible{border-radius:var(--r)}
@media (min-width:34rem){main{border-radius:calc(var(--r) + 6px)}}
@media (max-width:33.99rem){html{background:var(--s)}body{padding:0}}
@media (forced-colors:active){fieldset+button{border-width:2px}}
"""


def centre_page(shop: ShopDoc, view: View, words: Words, *, status: int = 200) -> Response:
    """What the view says, with a form for what can be chosen, and the way to the shop."""
    to = escape(words["back"].replace("{shop}", shop.name))
    said = "".join(f"<p>{escape(line)}</p>" for line in view.lines)
    asks_where = any(name == "channel" for _, _, name, _ in view.fields)
    about = words["about_all" if asks_where else "about"]
    inner = (
        f'<p class="shop">{escape(shop.name)}</p><h1>{escape(view.title)}</h1>'
        + (f'<p class="about">{escape(about)}</p>' if view.fields else "")
        + (f'<div class="said" role="status">{said}</div>' if said else "")
        + (_form(view, words["stop_about"]) if view.acts else "")
        + f'<a class="back" href="{escape(shop.origins[0])}/">{to}</a>'
    )
    return shop_page(shop.theme, words.lang, view.title, inner, status)


def broken_page(words: Words, *, is_centre: bool = True) -> Response:
    """In no shop's colours: whose link it was meant to be is not known for sure.

    is_centre: it was to lead to the preference centre.
    """
    title, broken = words["title"] if is_centre else "", escape(words["broken"])
    inner = f'<h1>{escape(title)}</h1><p class="about">{broken}</p>' if title else f"<h1>{broken}</h1>"
    return shop_page(Theme(), words.lang, title or words["broken"], inner, 404)


def _form(view: View, stop_about: str) -> str:
    fields = ""
    for legend, kind, name, rows in view.fields:
        if name == "channel":  # so that none ticked is told from not asked
            fields += '<input type="hidden" name="channel" value="">'
        fields += f"<fieldset><legend>{escape(legend)}</legend>"
        for value, text, about, is_on in rows:
            tick = f'<input type="{kind}" name="{name}" value="{value}"{" checked" if is_on else ""}>'
            small = f"<small>{escape(about)}</small>" if about else ""
            fields += f"<label>{tick}<span>{escape(text)}{small}</span></label>"
        fields += "</fieldset>"
    buttons = "".join(
        f'<button name="act" value="{act}"{" aria-describedby=stops" if act == "stop" else ""}>'
        f"{escape(text)}</button>"
        for act, text in view.acts
    )
    return f'<form method="post">{fields}{buttons}<p id="stops">{escape(stop_about)}</p></form>'


def shop_page(theme: Theme, lang: str, title: str, inner: str, status: int, *, more: str = "") -> Response:
    """A page in the shop's colours. more: rules of style of its own."""
    # The shop's colours as they are by day; by night too, whatever the widgets do on the shop's own pages.
    colours = compile_theme(structs.replace(theme, scheme="auto"))
    font = f"{theme.font},{SYSTEM}" if theme.font else SYSTEM
    style = f":root{{{colours}}}{STYLE}{more}body{{font:1.0625rem/1.5 {font}}}"
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    document = (
        f'<!doctype html><html lang="{escape(lang)}" dir="{direction_of(lang)}"><head><meta charset="utf-8">'
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
