"""`heimta bounces`: read what came back to the return address: files, a mailbox, a mail server's pipe."""

from __future__ import annotations

import mailbox
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from heimta import app as parts
from heimta.commands.common import CommandError, find_store, with_redis
from heimta.ingest.returned import entries_of
from heimta.rules.mail.bounces import MAX_BYTES, read_report
from heimta.store import partitions, secrets
from heimta.store.connect import Client
from heimta.store.log import Log

STDIN = Path("-")


def bounces(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    files: Annotated[list[Path], typer.Argument(help="Mails, mboxes or Maildirs; - for one mail on stdin.")],
) -> None:
    """Find dead addresses and complaints among mails that came back. Reading one twice changes nothing."""
    settings, url = find_store()
    mails = [mail for file in files for mail in _mails(file)]

    async def take(redis: Client) -> Counter[str]:
        await partitions.settle(redis, settings.partitions)
        kept = await secrets.read(redis, shop)
        if kept is None:
            raise CommandError(f"there is no shop {shop!r}; `heimta shop list` names them")
        log, found = Log(redis, replicas=settings.redis_wait_replicas), Counter[str]()
        for mail in mails:
            report = read_report(mail, shop=shop, key=kept.signing)
            entries = entries_of(shop, report, now=parts.now_ms(), partitions=settings.partitions)
            if entries:
                await log.append(entries)
            found[report.kind if entries else "other"] += 1
        return found

    found = with_redis(url, take)
    print(f"dead addresses: {found['dead']}, complaints: {found['complaint']}, other mails: {found['other']}")


def _mails(file: Path) -> Iterator[bytes]:
    if file == STDIN:
        yield sys.stdin.buffer.read(MAX_BYTES + 1)
    elif file.is_dir():
        yield from _box(mailbox.Maildir(file, create=False))
    elif not file.exists():
        raise CommandError(f"{file}: there is no such file")
    elif file.read_bytes()[:5] == b"From ":
        yield from _box(mailbox.mbox(file, create=False))
    else:
        yield file.read_bytes()


def _box(box: mailbox.Mailbox[Any]) -> Iterator[bytes]:
    with closing(box):
        for name in sorted(box.iterkeys()):
            yield box.get_bytes(name)
