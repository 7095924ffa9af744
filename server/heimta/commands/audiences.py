"""`heimta audiences`: who is in the ad audiences, whether the network knows, and a file for Google."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from heimta.commands.common import CommandError, find_store, with_redis
from heimta.console.google_file import google_file
from heimta.model.audience import keys_of
from heimta.model.documents import ShopDoc
from heimta.rules.ad_audiences import refusal
from heimta.store import audiences, documents
from heimta.store.ad_members import counts
from heimta.store.audiences import EXCLUDED, field_of, split
from heimta.store.connect import Client

WAIT_S = 600  # for the workers to compare
LOOK_S = 0.5

audiences_cli = typer.Typer(no_args_is_help=True, help="Ad audiences: who is in, and who was told.")

Shop = Annotated[str, typer.Argument(help="The shop's id.")]
Name = Annotated[str, typer.Argument(help="The ad audience, as the shop's document names it.")]

LINE_END = "\n"
SHOWN = 60  # characters of a line that is wrong
# Narrower than what a browser may tell: a second column would be hashed with the first, and match nobody.
_EMAIL = re.compile(r"[^@\s,;:\"<>()]{1,64}@[\w.-]{1,189}")
_PHONE = re.compile(r"[+0-9 ()./\u00a0-]{1,40}")


async def document_of(redis: Client, shop: str) -> ShopDoc:
    known = await documents.read_rest(redis, shop)
    if known is None:
        raise CommandError(f"there is no shop {shop!r}; `heimta shop list` names them")
    if not known.shop.ad_audiences:
        raise CommandError(f"shop {shop!r} has no ad_audiences in its document; docs/audiences.md shows how")
    return known.shop


@audiences_cli.command("list")
def list_(
    shop: Shop,
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
) -> None:
    """How many people are in each, how many of them the network has, and what hinders."""
    _, url = find_store()
    for line in with_redis(url, lambda redis: _list(redis, shop, json)):
        print(line)


async def _list(redis: Client, shop: str, json: bool) -> list[str]:
    document = await document_of(redis, shop)
    found = await counts(redis, document)
    run = await audiences.run(redis, shop)
    if json:
        objects = [{"audience": name, **asdict(count), "run": run} for name, count in found.items()]
        return [orjson.dumps(each).decode() for each in objects]
    lines = [
        f"{name}: {count.people} people at the network; their keys: {count.told} told, "
        f"{count.waiting} to be told, {count.held} held back ({EXCLUDED}), {count.wished} wished in"
        for name, count in found.items()
    ]
    for name, (why, until) in audiences.faults(run).items():
        refused = refusal(why)
        which = f"{name}: " if name else ""
        told = [refused.why, refused.way_out, refused.command.replace("SHOP", shop)]
        words = " ".join(part for part in told if part)
        lines.append(f"{which}the network refuses ({why}): {words}")
        lines.append(f"  tried again at {_when(until)}; docs/audiences.md")
    if int(run.get("done", 0)):
        lines.append(f"compared {_when(int(run['done']))}: drift {run['drift']}, expired {run['expired']}")
    return lines


@audiences_cli.command()
def reconcile(shop: Shop) -> None:
    """Compare what was told with the visitors' states, now. A worker does it; this waits for its word."""
    _, url = find_store()
    asked = time.time_ns() // 1_000_000

    async def ask(redis: Client) -> None:
        await document_of(redis, shop)
        await audiences.note(redis, shop, {"asked": asked})

    with_redis(url, ask)
    for _ in range(round(WAIT_S / LOOK_S)):
        run = with_redis(url, lambda redis: audiences.run(redis, shop))
        if asked < int(run.get("started", 0)) <= int(run.get("done", 0)):
            print(f"drift {run['drift']}, expired {run['expired']}, {run['members']} wished in")
            return
        time.sleep(LOOK_S)
    raise CommandError(f"no worker compared within {WAIT_S / 60:g} min; is one running?")


@audiences_cli.command()
def export(
    shop: Shop,
    audience: Name,
    out: Annotated[Path | None, typer.Option(help="The file; the terminal if left out.")] = None,
) -> None:
    """Write Google's customer match file: who is in, hashed as Google asks. Upload it to replace the list."""
    _, url = find_store()
    parts = with_redis(url, lambda redis: _file(redis, shop, audience))
    if out is None:
        print("".join(parts), end="")
        return
    out.write_text("".join(parts), encoding="utf-8")
    print(f"{sum(part.count(LINE_END) for part in parts) - 1} people in {out}")


async def _file(redis: Client, shop: str, audience: str) -> list[str]:
    document = await document_of(redis, shop)
    if audience not in document.ad_audiences:
        names = ", ".join(document.ad_audiences)
        raise CommandError(f"shop {shop!r} has no ad audience {audience!r}; there are {names}")
    return [part async for part in google_file(redis, document, audience)]


@audiences_cli.command()
def exclude(
    shop: Shop,
    file: Annotated[Path, typer.Argument(help="One e-mail, telephone number or SHA-256 of either a line.")],
    takes_back: Annotated[bool, typer.Option("--take-back", help="Take them off the list again.")] = False,
) -> None:
    """Keep people out of all ad audiences: they are in remarketing elsewhere."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"{file}: {getattr(fault, 'strerror', None) or 'is not UTF-8 text'}") from None
    people = keys_of_lines(lines)
    _, url = find_store()
    new = with_redis(url, lambda redis: _exclude(redis, shop, people, takes_back=takes_back))
    print(f"{new} {'taken off' if takes_back else 'new on'} the list, of {len(lines)} lines")


async def _exclude(redis: Client, shop: str, people: list[str], *, takes_back: bool) -> int:
    document = await document_of(redis, shop)
    new = await audiences.exclude(redis, shop, people, takes_back=takes_back)
    lone = [name for name, audience in document.ad_audiences.items() if audience.alone]
    rows = await audiences.rows(redis, shop, [field_of(name, key) for name in lone for key in people])
    fields = [field for field, row in rows.items() if row.is_wanted]
    fields += [field_of(split(field)[0], other) for field in fields for other in rows[field].others]
    now = time.time_ns() // 1_000_000
    await audiences.hold(redis, shop, sorted(set(fields)), "" if takes_back else EXCLUDED, now=now)
    return new


def keys_of_lines(lines: Iterable[str]) -> list[str]:
    """Whatever a line is: a hash may be an address's or a number's, so it is taken for both."""
    found: set[str] = set()
    for number, line in enumerate(lines, 1):
        word = line.strip().strip('"')
        if len(word) == 64 and all(letter in "0123456789abcdefABCDEF" for letter in word):
            found |= {f"e{word.lower()}", f"p{word.lower()}"}
        elif word:
            keys = keys_of(
                email=word if _EMAIL.fullmatch(word) else "", phone=word if _PHONE.fullmatch(word) else ""
            )
            if not keys:
                raise CommandError(
                    f"line {number} is neither an e-mail address, a number with its country code (+49 …) "
                    f"nor a SHA-256: {word[:SHOWN]!r}; write one of them a line and nothing beside it. "
                    "The list is as it was"
                )
            found |= set(keys)
    return sorted(found)


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
