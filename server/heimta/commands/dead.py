"""`heimta dead`: what the worker passed over. Look at it, put it back once all is mended, or drop it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import orjson
import typer

from heimta.commands.common import CommandError, find_store, plain, with_redis
from heimta.store import dead, partitions
from heimta.store.connect import Client
from heimta.store.dead import Letter

SHOWN = 200  # characters of a letter's data; --json has all of it

T = TypeVar("T")

dead_cli = typer.Typer(no_args_is_help=True, help="Dead letters: what the worker could not fold or send.")

Shop = Annotated[str, typer.Option(help="Only this shop's.")]
Names = Annotated[list[str] | None, typer.Argument(help="As `heimta dead list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of them, or all of --shop.")]
EVERY = 10**9  # letters: more than a store can hold


@dead_cli.command("list")
def list_(
    shop: Shop = "",
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The oldest so many.")] = 50,
) -> None:
    """Show dead letters, the oldest first, and why each is one."""
    letters, gone = _with(lambda redis, count: _look(redis, count, shop, limit))
    for letter in letters:
        print(orjson.dumps(_told(letter)).decode() if json else _shown(letter))
    if not json:
        print(f"{len(letters)} shown" if letters else "no dead letters")
        if gone:
            print(f"{gone} older ones were dropped, for their age or to make room")


@dead_cli.command()
def replay(ids: Names = None, every: All = False, shop: Shop = "") -> None:
    """Put letters back: the worker folds them as if they had just come. No message is sent again."""
    back = _with(lambda redis, count: _do(dead.replay, redis, count, ids, every, shop))
    print(f"{back} put back")


@dead_cli.command()
def drop(ids: Names = None, every: All = False, shop: Shop = "") -> None:
    """Throw letters away, for good."""
    dropped = _with(lambda redis, count: _do(dead.drop, redis, count, ids, every, shop))
    print(f"{dropped} dropped")


def _with(work: Callable[[Client, int], Awaitable[T]]) -> T:
    settings, url = find_store()

    async def run(redis: Client) -> T:
        await partitions.settle(redis, settings.partitions)
        return await work(redis, settings.partitions)

    return with_redis(url, run)


async def _look(redis: Client, count: int, shop: str, limit: int) -> tuple[list[Letter], int]:
    return await dead.read(redis, count, shop=shop, limit=limit), await dead.gone(redis, count)


async def _do(
    act: Callable[[Client, list[tuple[int, str]]], Awaitable[int]],
    redis: Client,
    count: int,
    ids: list[str] | None,
    every: bool,
    shop: str,
) -> int:
    if bool(ids) == every or (ids and shop):
        raise CommandError("name dead letters, or say --all (perhaps with --shop), not both")
    try:
        names = [dead.parse_id(name) for name in ids or []]
    except ValueError as fault:
        raise CommandError(str(fault)) from None
    if every:
        names = [(x.partition, x.place) for x in await dead.read(redis, count, shop=shop, limit=EVERY)]
    return await act(redis, names)


def _told(letter: Letter) -> dict[str, object]:
    said = letter.dead
    return {
        "id": letter.id,
        "at": letter.at,
        "shop": said.shop,
        "kind": said.kind,
        "received": said.received,
        "entry": said.entry,
        "tries": said.tries,
        "why": said.why,
        "agent": said.agent,
        "data": said.data.decode(errors="replace"),
    }


def _shown(letter: Letter) -> str:
    said = letter.dead
    at = datetime.fromtimestamp(letter.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    tries = f"after {said.tries} tries" if said.tries > 1 else "at once"
    data = plain(said.data[: 4 * SHOWN].decode(errors="replace"))
    cut = "…" if len(data) > SHOWN else ""
    head = f"{letter.id}  {at}  {plain(said.shop)} {plain(said.kind)}, {tries}: {plain(said.why)}"
    return f"{head}\n    {data[:SHOWN]}{cut}"
