"""`heimta templates` and `heimta template`: documents to begin with, good as they are. docs/gallery.md."""

from __future__ import annotations

import sys
import textwrap
from typing import Annotated

import msgspec
import orjson
import typer

from heimta.commands.common import CommandError, find_store, with_redis
from heimta.model.documents import ShopDoc
from heimta.rules.apply import write_document
from heimta.rules.templates import NotForShop, Template, fitted, templates, untranslated
from heimta.store import documents

# A shop whose document nobody has written yet.
USUAL = ShopDoc(
    id="shop", name="shop", origins=("https://shop.example",), currency="EUR", languages=("en", "de", "is")
)


def list_templates(
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
) -> None:
    """Name the templates, each with what it is for."""
    known = templates().values()
    if json:
        for each in known:
            told = {"name": each.name, "widget": each.widget or "journey", "purpose": each.purpose}
            print(orjson.dumps(told).decode())
        return
    widest = max(len(each.name) for each in known)
    for each in known:
        print(f"{each.name:<{widest}}  {each.purpose}")
    print("\n`heimta template NAME --shop SHOP` prints one, ready for `heimta apply`.")


def template(
    name: Annotated[str, typer.Argument(help="As `heimta templates` names it.")],
    shop: Annotated[str, typer.Option(help="The shop it is for; fitted to its addresses and languages.")],
) -> None:
    """Print a template as `heimta apply` reads it. It is off until `live: true` or the console's switch."""
    found = templates().get(name)
    if found is None:
        raise CommandError(f"there is no template {name!r}; they are {', '.join(templates())}")
    try:
        print(text_of(found, _shop(shop)), end="")
    except NotForShop as fault:
        raise CommandError(str(fault)) from None


def text_of(found: Template, shop: ShopDoc) -> str:
    """The document, with its purpose above it."""
    lines = textwrap.wrap(found.purpose, 98)
    if foreign := untranslated(shop):
        lines.append(f"Written in English, please translate: {', '.join(foreign)}.")
    head = "".join(f"# {line}\n" for line in lines)
    return head + write_document(fitted(found, shop))


def _shop(name: str) -> ShopDoc:
    _, url = find_store()
    known = with_redis(url, lambda redis: documents.read_rest(redis, name))
    if known is None:
        print(f"heimta: shop {name!r} has no document yet; the usual addresses are put in", file=sys.stderr)
        return msgspec.structs.replace(USUAL, id=name, name=name)
    return known.shop
