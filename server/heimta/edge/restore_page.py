"""The page behind a restore link that brings nothing back, in the shop's colours and words; and behind any
link of a message while the store is away.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Literal

from starlette.responses import Response

from heimta.edge.preference_page import shop_page
from heimta.model.documents import ShopDoc
from heimta.model.theme import Theme
from heimta.rules.contents.fill import pick, spoken
from heimta.rules.texts.restore import PAGE
from heimta.rules.texts.words import language_of, said_in

What = Literal["broken", "expired", "later"]

STATUS: dict[What, int] = {"broken": 404, "expired": 410, "later": 503}


def restore_page(shop: ShopDoc | None, wanted: Iterable[str], what: What) -> Response:
    """shop: None where nobody knows whose link it was. wanted: tags of languages, best first."""
    if shop is None:
        lang = language_of(wanted, ["en", *(one for one in PAGE[what] if one != "en")])
        said = {name: texts[lang] for name, texts in PAGE.items()}
        head, back = "", ""
    else:
        lang = language_of(wanted, shop.languages)
        said = {
            name: said_in(pick(f"restore.{name}", texts, spoken(shop)), lang, "en")
            for name, texts in PAGE.items()
        }
        head = f'<p class="shop">{escape(shop.name)}</p>'
        # The same browser may hold the cart still.
        to = escape(f"{shop.origins[0]}{shop.urls.cart}")
        back = f'<a class="back" href="{to}">{escape(said["to_cart"])}</a>'
    about = f'<p class="about">{escape(said[f"{what}_about"])}</p>'
    inner = f"{head}<h1>{escape(said[what])}</h1>{about}{back}"
    return shop_page(Theme() if shop is None else shop.theme, lang, said[what], inner, STATUS[what])
