"""`heimta shop proofs`, `heimta shop rotate-push-key`: what shoppers said to messages, and their keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import orjson
import typer

from heimta.channels.vapid import make_keys
from heimta.commands.common import CommandError, find_store, with_redis
from heimta.model.preferences import Proof
from heimta.store import partitions, people, proofs, secrets
from heimta.store.connect import Client

Shop = Annotated[str, typer.Argument(help="The shop's id.")]


def show_proofs(
    shop: Shop,
    visitor: Annotated[str, typer.Argument(help="The visitor's id: the cookie heimta_v.")],
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
) -> None:
    """Print what a visitor said to being written to: when, what, where, to which words."""
    settings, url = find_store()

    async def read(redis: Client) -> tuple[list[Proof], dict[str, str]]:
        await partitions.settle(redis, settings.partitions)
        state = (await people.states_of(redis, shop, [visitor], settings.partitions))[visitor]
        said = await people.proofs_of(redis, shop, visitor, state, settings.partitions)
        return said, await proofs.words(redis, shop)

    found, words = with_redis(url, read)
    for proof in found:
        said = words.get(proof.text, "")
        if json:
            print(orjson.dumps({**msgspec.to_builtins(proof), "words": said}).decode())
            continue
        at = datetime.fromtimestamp(proof.at / 1000, UTC).isoformat(timespec="seconds")
        print(f"{at}  {proof.what}  {proof.where or '-'}  {proof.text or '-'}")
        for line in said.splitlines():
            print(f"    {line}")
    if not found and not json:
        print(f"visitor {visitor} of shop {shop!r} said nothing, or more than three years ago")


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
