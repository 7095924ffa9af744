"""The pages behind a confirmation's link, in the shop's colours and words: no script, no other request."""

from __future__ import annotations

from html import escape
from typing import Literal

from starlette.responses import Response

from heimta.edge.preference_page import shop_page
from heimta.model.documents import ShopDoc
from heimta.model.theme import Theme
from heimta.rules.preference_words import Words

STATUS: dict[Literal["expired", "broken"], int] = {"expired": 410, "broken": 404}
STYLE = """
form{margin-top:1.75rem}
form>button{border-color:var(--a);background:var(--a);color:var(--o)}
form p.otherwise{margin-top:1rem;text-align:start}
"""


def ask_page(shop: ShopDoc, words: Words, *, status: int = 200, failed: bool = False) -> Response:
    """The one button that confirms."""
    said = f'<div class="said" role="status"><p>{escape(words["failed"])}</p></div>' if failed else ""
    form = (
        f'<form method="post"><button name="act" value="confirm">{escape(words["yes"])}</button>'
        f'<p class="otherwise">{escape(words["otherwise"])}</p></form>'
    )
    return _page(shop, words, "title", "about", said + form, status)


def done_page(shop: ShopDoc, words: Words) -> Response:
    return _page(shop, words, "done", "done_about", "", 200)


def over_page(shop: ShopDoc | None, words: Words, what: Literal["expired", "broken"]) -> Response:
    """shop: None where nobody knows whose link it was."""
    return _page(shop, words, what, f"{what}_about", "", STATUS[what])


def _page(shop: ShopDoc | None, words: Words, title: str, about: str, more: str, status: int) -> Response:
    head = back = ""
    if shop is not None:
        head = f'<p class="shop">{escape(shop.name)}</p>'
        back = f'<a class="back" href="{escape(shop.origins[0])}/">{escape(words["back"])}</a>'
    inner = f'{head}<h1>{escape(words[title])}</h1><p class="about">{escape(words[about])}</p>{more}{back}'
    theme = Theme() if shop is None else shop.theme
    return shop_page(theme, words.lang, words[title], inner, status, more=STYLE)
