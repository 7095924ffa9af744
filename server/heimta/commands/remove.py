"""`heimta remove`: delete a document that cannot be read, where nobody has another to put in its place."""

from __future__ import annotations

from typing import Annotated

import typer

from heimta.commands.common import CommandError, find_store, with_redis
from heimta.store import documents
from heimta.store.connect import Client


def remove(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    place: Annotated[str, typer.Argument(help="campaign:NAME, journey:NAME or shop:NAME, as it is told.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a document that cannot be read, and its replaced versions that cannot be."""
    kind, _, name = place.partition(":")
    if kind not in ("campaign", "journey", "shop") or not name:
        raise CommandError(f"{place!r} is no document; say campaign:NAME, journey:NAME or shop:NAME")
    _, url = find_store()

    async def look(redis: Client) -> list[str]:
        _, unread = await documents.read_some(redis, shop)
        return [fault.fault for fault in unread if (fault.kind, fault.name) == (kind, name)]

    found = with_redis(url, look)
    if not found:
        raise CommandError(
            f"shop {shop!r} has no {kind} {name!r} that cannot be read; what can be read is switched off "
            "with `live: false`, and drafts are deleted in the console"
        )
    print("\n".join(found))
    if not yes:
        what = "Shoppers under way leave the journey." if kind == "journey" else "What it counted stays."
        typer.confirm(f"Delete it? {what}", abort=True)
    for fault in with_redis(url, lambda redis: documents.remove_unread(redis, shop, place)):
        print(f"deleted: {fault}")
