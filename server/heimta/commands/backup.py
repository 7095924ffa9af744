"""`heimta backup` and `heimta restore`: a copy of everything, taken while Heimta runs, and the way back.

A restore goes back in time: what was sent after the copy is not known to it. So the steps that were due
before the restore are held back, unless the operator knows that nothing ran in between.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from redis.exceptions import RedisError

from heimta import __version__
from heimta.commands.common import CommandError, find_store, with_redis
from heimta.launch.lock import data_folder
from heimta.launch.valkey import embedded, running
from heimta.operate import archive
from heimta.operate.archive import BadArchive, Header, Record, Trailer, Writer
from heimta.operate.ready import in_words
from heimta.settings import Settings, load
from heimta.store import keys, partitions, revive, snapshot, workers
from heimta.store.connect import Client, masters
from heimta.store.snapshot import Busy, Held

SERVE = ", or all of `heimta serve`: a restore starts the embedded store by itself"


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write, or a folder for it.")],
) -> None:
    """Copy everything into one file, while Heimta runs. The file holds secrets and shoppers' data."""
    settings, url = find_store()
    file = target / f"heimta-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup" if target.is_dir() else target
    began = time.monotonic()

    async def copy(redis: Client) -> Trailer:
        await partitions.settle(redis, settings.partitions)  # with another number a part would be left out
        server = await (await masters(redis))[0].info("server")
        header = Header(archive.FORMAT, __version__, _now(), settings.partitions, _name(server))
        with archive.writing(file, header) as out:
            await _partitions(redis, settings.partitions, out)
            async for held in snapshot.shared(redis):
                out.put(_record(held))
            done = out.finish(_now())
        await _note(redis, header.created, file)
        return done

    try:
        done = with_redis(url, copy)
    except FileExistsError as fault:
        raise CommandError(f"{fault}; name another file, or a folder") from None
    except OSError as fault:
        if isinstance(fault, ConnectionError | TimeoutError):
            raise
        where = f"{fault.filename or file}: {fault.strerror}"
        way = f"user {os.getuid()} must be able to write to {file.parent}"
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            way = "free some, or write to another disk"
        raise CommandError(f"no backup was written: {where}; {way}") from None
    except Busy as fault:
        raise CommandError(f"no backup was written: {fault}") from None
    size = file.stat().st_size / 1e6
    print(
        f"{file}: {done.visitors} visitors, {done.keys} keys, {done.entries} entries of the log, "
        f"{size:.1f} MB in {time.monotonic() - began:.1f} s. "
        "It holds secrets: keep it where nobody else reads."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="What `heimta backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Delete what the store holds now.")] = False,
    send_missed: Annotated[
        bool,
        typer.Option(
            "--send-missed",
            help="Send steps that came due since the backup: nothing ran in between, so none was sent.",
        ),
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only verify the file.")] = False,
) -> None:
    """Read a backup into an empty store, with edge and worker stopped. Verified before a byte is written.

    An embedded store that nobody runs is started for it, and stopped again.
    """
    began = time.monotonic()
    try:
        header, trailer = archive.verify(file)
    except BadArchive as fault:
        raise CommandError(f"{file}: {fault}; nothing was changed") from None
    except FileNotFoundError as fault:
        raise CommandError(f"{file}: {fault.strerror}") from None
    taken = datetime.fromtimestamp(trailer.finished / 1000, UTC)
    print(
        f"{file}: whole. Taken {taken:%Y-%m-%d %H:%M:%S} UTC by Heimta {header.version} from {header.store}."
    )
    if check:
        return
    settings = load(os.environ)
    if header.partitions != settings.partitions:
        raise CommandError(
            f"the backup has {header.partitions} partitions and HEIMTA_PARTITIONS is {settings.partitions}; "
            f"set it to {header.partitions}"
        )

    async def write(redis: Client) -> None:
        await _may_be_written(redis, header.partitions, force)
        await revive.begin(redis, header.partitions)
        if force:
            await revive.empty(redis)
            await revive.begin(redis, header.partitions)
        await revive.put(redis, archive.records(file))
        await revive.end(redis, hold=0 if send_missed else _now())

    with _store(settings) as url:
        with_redis(url, write)
    held = "" if send_missed else " Steps that were due before now are not sent: they may have been."
    print(
        f"Restored {trailer.visitors} visitors and {trailer.entries} entries of the log "
        f"in {time.monotonic() - began:.1f} s.{held} Have the shops send the orders since then once more, "
        "before the worker starts."
    )


@contextmanager
def _store(settings: Settings) -> Iterator[str]:
    """The address of the store to write to: one that runs, else the embedded one for as long as it takes.

    Raises LaunchError, also where a `heimta serve` holds the folder whose store just does not answer.
    """
    url = settings.redis_url or running(settings.data)
    if url is not None:
        yield url
        return
    folder = settings.data.absolute()
    if folder.exists() and folder.stat().st_uid != os.getuid():
        raise CommandError(
            f"{folder} (HEIMTA_DATA) belongs to user {folder.stat().st_uid} and this is user {os.getuid()}; "
            "restore as that one, else its `heimta serve` cannot read what was written"
        )
    # Without HEIMTA_MEMORY_MB: one that is too low would break a restore off half way.
    with data_folder(folder), embedded(folder, appendfsync=settings.appendfsync) as url:
        print(f"No store runs, so the embedded one of {folder} (HEIMTA_DATA) is started for the restore.")
        yield url


async def _partitions(redis: Client, partitions: int, out: Writer) -> None:
    """States first, logs last: what one partition hands to another is then in one of them, or in both."""
    at: dict[int, tuple[str, bytes | None]] = {}
    for number in range(partitions):
        held = await snapshot.partition(redis, number)
        place = snapshot.position(held, number)
        at[number] = (place, await snapshot.first_after(redis, number, place))
        for one in held:
            out.put(_record(one))
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {partitions} partitions", end="", file=sys.stderr)
    for number, (place, first) in at.items():
        async for one in snapshot.log(redis, number, place, first):
            out.put(_record(one))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


async def _note(redis: Client, at: int, file: Path) -> None:
    """For `heimta doctor`. A store that is full takes no note, and needs its backup all the more."""
    try:
        await redis.hset(keys.BACKUP, mapping={"at": at, "file": file.name})
    except RedisError as fault:
        print(f"`heimta doctor` will not know of this backup: {in_words(fault)}", file=sys.stderr)


async def _may_be_written(redis: Client, partitions: int, force: bool) -> None:
    owned = await revive.owners(redis, partitions)
    if owned:
        raise CommandError(
            f"a worker owns partitions {', '.join(map(str, owned))}; stop worker, edge and console first"
            f"{SERVE} (after a crash wait {keys.LEASE_MS // 1000} s for its lease to end)"
        )
    if edges := await workers.living(redis, among=keys.EDGES):
        raise CommandError(
            f"{edges} edge{'s' * (edges > 1)} still running on this store; stop edge, worker and console "
            f"first{SERVE} (after a crash wait {keys.WORKER_MS // 1000} s)"
        )
    there = await revive.held_keys(redis, partitions)
    if there and not force:
        raise CommandError(
            f"the store holds {there} keys; restore into an empty one, or delete Heimta's with --force"
        )


def _record(held: Held) -> Record:
    return Record(held.key, held.kind, held.until, held.items, held.entries)


def _name(server: dict[str, object]) -> str:
    valkey = server.get("valkey_version")
    return f"Valkey {valkey}" if valkey else f"Redis {server.get('redis_version')}"


def _now() -> int:
    return time.time_ns() // 1_000_000
