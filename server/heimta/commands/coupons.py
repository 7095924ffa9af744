"""`heimta coupons`: put codes into pools, see what offers handed out and what is left. docs/coupons.md."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import orjson
import typer

from heimta.commands.common import CommandError, find_store, offer_ledgers, with_redis
from heimta.model.coupon import MAX_CODE, Ledger, is_code
from heimta.model.ids import Name
from heimta.store import documents, ledgers, secrets
from heimta.store.connect import Client

MOST = 1_000_000  # codes of one file
SHOWN = 5  # of what is wrong

coupons_cli = typer.Typer(no_args_is_help=True, help="Coupons: pools of codes, and what was handed out.")

Shop = Annotated[str, typer.Argument(help="The shop's id.")]
Pool = Annotated[str, typer.Argument(help="The pool's name, as offers say it: `pool: autumn`.")]


@coupons_cli.command("import")
def import_(
    shop: Shop,
    pool: Pool,
    file: Annotated[
        Path, typer.Argument(help="One code a line, or a CSV whose first column they are; - : stdin.")
    ],
    until: Annotated[str, typer.Option(help="The shop takes them until this day, YYYY-MM-DD (UTC).")] = "",
    again: Annotated[
        bool,
        typer.Option("--again", help="Also codes that were in a pool before. After a restore; see docs."),
    ] = False,
) -> None:
    """Put a file's codes into a pool: all of them, or none. Codes that were ever in a pool stay out."""
    try:
        msgspec.convert(pool, Name)
    except msgspec.ValidationError:
        raise CommandError(f"pool is {pool!r}; small letters, digits, - and _, for example autumn") from None
    codes = _read(file)
    ends_at = _end_of(until)
    _, url = find_store()

    async def fill(redis: Client) -> tuple[int, int]:
        await _known(redis, shop)
        if again:
            await ledgers.forget_codes(redis, shop, codes)
        new = await ledgers.fill(redis, shop, pool, codes, ends_at=ends_at)
        return new, await ledgers.free(redis, shop, pool)

    new, left = with_redis(url, fill)
    known = f", {len(codes) - new} were in a pool before" if new < len(codes) else ""
    print(f"{new} codes put into pool {pool}{known}; it holds {left}")


@coupons_cli.command("list")
def list_(
    shop: Shop,
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
) -> None:
    """What each offer handed out, what was used, and how far it is from its ceilings."""
    _, url = find_store()

    async def look(redis: Client) -> tuple[list[tuple[Ledger, bool]], dict[str, int]]:
        await _known(redis, shop)
        return await _ledgers(redis, shop), await ledgers.pools(redis, shop)

    found, pools = with_redis(url, look)
    if json:
        for each, alarm in found:
            told = msgspec.to_builtins(each)
            print(orjson.dumps({**told, "used_pct": each.used_pct, "alarm": alarm}).decode())
        return
    for each, alarm in found:
        print(_shown(each) + ("  ALARM" if alarm else ""))
    for name, left in pools.items():
        print(f"pool {name}: {left} codes left")
    if not found and not pools:
        print(f"shop {shop!r} has handed out no coupon and has no pool")


@coupons_cli.command("drop")
def drop(shop: Shop, pool: Pool) -> None:
    """Throw away the codes of a pool that nobody has yet. They can be imported again with --again."""
    _, url = find_store()

    async def empty(redis: Client) -> int:
        await _known(redis, shop)
        return await ledgers.empty(redis, shop, pool)

    print(f"{with_redis(url, empty)} codes dropped from pool {pool}")


async def _ledgers(redis: Client, shop: str) -> list[tuple[Ledger, bool]]:
    """All there are, by name, and whether each is alarming. Only what is live can run out; of a shop without
    a document nobody knows what is.
    """
    offered = await offer_ledgers(redis, shop)
    live = {each.source for each, is_live in offered if is_live}
    known = await documents.read_rest(redis, shop)
    is_known, money = known is not None, (known.shop.currency, known.first_currency) if known else ("", "")
    kept = await ledgers.read(redis, shop, *money)
    found = {each.source: each for each in (*kept, *(ledger for ledger, _ in offered))}
    return [
        (each, each.is_alarming and (source in live or not is_known))
        for source, each in sorted(found.items())
    ]


async def _known(redis: Client, shop: str) -> None:
    if await secrets.read(redis, shop) is None:
        raise CommandError(f"there is no shop {shop!r}; `heimta shop list` names them")


def _read(file: Path) -> list[str]:
    """The codes of a file, each once. Says which lines are none."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
    lines = [line.replace(";", ",").split(",")[0].strip().strip('"') for line in text.splitlines()]
    if lines and lines[0].lower() in ("code", "codes", "coupon", "coupon code", "discount code"):
        lines[0] = ""
    wrong = [(n, line) for n, line in enumerate(lines, 1) if line and not is_code(line)]
    if wrong:
        rule = f"a code has letters, digits, - and _, at most {MAX_CODE}"
        shown = "; ".join(f"line {n}: {line[:40]!r}" for n, line in wrong[:SHOWN])
        raise CommandError(f"{file}: {len(wrong)} lines are no codes ({shown}); {rule}; nothing was imported")
    codes = list({line.upper(): line for line in lines if line}.values())
    if not 0 < len(codes) <= MOST:
        raise CommandError(f"{file} has {len(codes)} codes; 1 to {MOST:,} can be imported at once")
    return codes


def _end_of(day: str) -> int:
    """The end of a day, ms; 0 for none."""
    if not day:
        return 0
    try:
        at = datetime.strptime(day, "%Y-%m-%d").replace(hour=23, minute=59, second=59, tzinfo=UTC)
    except ValueError:
        raise CommandError(f"--until is {day!r}; write the day as YYYY-MM-DD") from None
    return int(at.timestamp() * 1000)


def _shown(each: Ledger) -> str:
    parts = [f"{each.handed} handed out", f"{each.redeemed} used", f"{each.expired} expired"]
    if each.most:
        parts.append(f"at most {each.most}")
    if each.budget_minor:
        parts.append(f"{each.given_minor + each.open_minor} of {each.budget_minor} minor units")
    parts += [
        f"{minor} minor units of {currency} saved before" for currency, minor in each.given_before.items()
    ]
    if each.left is not None:
        parts.append(f"{each.left} codes left")
    return f"{each.source}: {', '.join(parts)}"
