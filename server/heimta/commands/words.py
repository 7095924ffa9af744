"""`heimta words`: what Heimta says by itself and the shop has no words for yet. docs/look.md."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from heimta.commands.common import documents_of, find_store, with_redis
from heimta.rules.apply import write_plain
from heimta.rules.words import untold


def words(
    shop: Annotated[str, typer.Argument(help="The shop, as its document names it.")],
    language: Annotated[str, typer.Argument(help="The language to translate into: fr, pl, ar.")],
) -> None:
    """Print what is still said in another language, in English, as the shop document takes it."""
    _, url = find_store()
    known = with_redis(url, lambda redis: documents_of(redis, shop))
    missing = untold(known.shop, language)
    if not missing:
        print(f"heimta: everything is said in {language!r} already", file=sys.stderr)
        return
    print(f"# Translate, and put it into the document of shop {shop!r} ({len(missing)} texts).")
    print(write_plain({"words": missing}), end="")
