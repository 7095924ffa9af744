"""`heimta shop proofs`, `heimta shop rotate-push-key`: what shoppers said to messages, and their keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import orjson
import typer

from heimta.channels.vapid import make_keys
from heimta.commands.common import (
    CommandError,
    find_store,
    plain,
    refuse_unknown,
    visitor_of,
    with_redis,
    with_store,
)
from heimta.model.preferences import Proof
from heimta.model.visitor import VisitorState
from heimta.settings import Settings
from heimta.store import people, proofs, secrets
from heimta.store.connect import Client
from heimta.store.keys import partition_of

Shop = Annotated[str, typer.Argument(help="The shop's id.")]


def show_proofs(
    shop: Shop,
    visitor: Annotated[
        str, typer.Argument(help="The visitor's id: the cookie heimta_v; or all of them.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
) -> None:
    """Print what visitors said to being written to: when, what, where, to which words."""

    async def tell(redis: Client, settings: Settings) -> bool:
        if visitor:
            visitor_of(visitor, shop)
        words, is_any = await proofs.words(redis, shop), False
        async for name in _names(redis, shop, visitor):
            state = await people.state_of(redis, shop, name, settings.partitions)
            if visitor:
                found = await people.proofs_of(redis, shop, name, state, settings.partitions)
                whose = {}
            else:  # what a word of theirs said by itself comes under the word's own name
                found = await proofs.of(redis, shop, partition_of(shop, name, settings.partitions), name)
                whose = _whose(name, state)
            is_any = is_any or bool(found)
            if whose and not json:
                print(plain("  ".join(filter(None, whose.values()))))
            for proof in found:
                _print(proof, words.get(proof.text, ""), whose, json=json)
        if not is_any:
            await refuse_unknown(redis, shop)
        return is_any

    if not with_store(tell) and not json:
        who = f"visitor {visitor} of shop {shop!r}" if visitor else f"whoever came to shop {shop!r}"
        print(f"{who} said nothing, or more than three years ago")


async def _names(redis: Client, shop: str, visitor: str) -> AsyncIterator[str]:
    """Those who are asked about: visitors, and hubs of words that said something."""
    if visitor:
        yield visitor
        return
    seen: set[str] = set()  # SCAN may tell of one twice
    async for name in proofs.everyone(redis, shop):
        if name not in seen:
            seen.add(name)
            yield name


def _whose(name: str, state: VisitorState | None) -> dict[str, str]:
    known = state.identity if state is not None else None
    told = {kind: getattr(known, kind) for kind in ("email", "phone", "id") if known is not None}
    return {"visitor": name, **told}


def _print(proof: Proof, said: str, whose: dict[str, str], *, json: bool) -> None:
    if json:
        print(orjson.dumps({**whose, **msgspec.to_builtins(proof), "words": said}).decode())
        return
    at = datetime.fromtimestamp(proof.at / 1000, UTC).isoformat(timespec="seconds")
    print(plain(f"{at}  {proof.what}  {proof.where or '-'}  {proof.text or '-'}"))
    for line in said.splitlines():
        print(f"    {plain(line)}")


def rotate_push_key(shop: Shop) -> None:
    """Make a new pair of push keys. Subscribers are renewed on their next visit; nobody is asked again."""
    _, url = find_store()

    async def rotate(redis: Client) -> str:
        if await secrets.read(redis, shop) is None:
            raise CommandError(f"there is no shop {shop!r}; `heimta shop list` names them")
        made = make_keys("mailto:unset@heimta.invalid")  # the subject comes from the shop's document
        await secrets.replace_vapid(redis, shop, private=made.private, public=made.public)
        return made.public

    print(f"vapid_public: {with_redis(url, rotate)}")
    print("messages to those who have not come back until then are refused by their push service")
