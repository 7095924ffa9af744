"""The processes that make up Heimta. Not in cli.py, which knows every command: they start with less."""

from __future__ import annotations

import sys
from collections.abc import Callable

from redis.exceptions import RedisError, ResponseError

from heimta import app as parts
from heimta.commands.common import CommandError, find_store
from heimta.launch.lock import LaunchError
from heimta.launch.ports import why_not
from heimta.operate import logs
from heimta.operate.ready import in_words
from heimta.settings import Settings, SettingsError
from heimta.store.connect import BadUrl, connect
from heimta.store.documents import Unread
from heimta.store.partitions import HalfRestored, PartitionsChanged

# What a person at the terminal can mend; anything else is a bug and shows where it is.
FAULTS = (
    CommandError,
    SettingsError,
    BadUrl,
    LaunchError,
    PartitionsChanged,
    HalfRestored,
    Unread,
    FileNotFoundError,
)


def edge() -> None:
    """The public HTTP: snippet, events, claims, webhooks."""
    settings, url = find_store()
    logs.set_up(settings.log)
    parts.check_partitions(url, settings.partitions)
    _free(settings, "HEIMTA_EDGE_PORT", settings.edge_port)
    edge = parts.edge_app(settings, connect(url, timeout_s=2.0))
    parts.watch_over(edge)
    parts.serve(edge, settings, port=settings.edge_port, behind_proxy=False)  # it asks for nobody's address


def console() -> None:
    """The merchants' HTTP."""
    from heimta.console.assets import AssetsMissing

    settings, url = find_store()
    logs.set_up(settings.log)
    parts.check_partitions(url, settings.partitions)
    _free(settings, "HEIMTA_CONSOLE_PORT", settings.console_port)
    try:
        app = parts.console_app(settings, connect(url))
    except AssetsMissing as fault:
        raise CommandError(str(fault)) from None
    parts.watch_over(app)
    parts.serve(app, settings, port=settings.console_port)


def worker() -> None:
    """The loops: fold the log, fire due timers, send."""
    from heimta.worker.app import broke

    settings, url = find_store()
    logs.set_up(settings.log)
    parts.check_partitions(url, settings.partitions)
    _free(settings, "HEIMTA_WORKER_PORT", settings.worker_port)
    app = parts.worker_app(settings, connect(url))
    parts.serve(app, settings, port=settings.worker_port)
    if broke(app):
        raise SystemExit(1)


def _free(settings: Settings, name: str, port: int) -> None:
    """Raise CommandError where the port is taken: by another worker on this machine, often."""
    if trouble := why_not(settings.host, port):
        raise CommandError(f"{name} is {port}, but {trouble}; each process on a machine needs one of its own")


ROLES: dict[str, Callable[[], None]] = {"edge": edge, "console": console, "worker": worker}


def told(command: Callable[[], object], more: tuple[type[Exception], ...] = ()) -> None:
    """Run it, and say in one line what a person can mend. more: faults besides those of every process."""
    mendable: tuple[type[Exception], ...] = FAULTS + more
    try:
        command()
    except mendable as fault:
        print(f"heimta: {fault}", file=sys.stderr)
        raise SystemExit(1) from None
    except (RedisError, OSError) as fault:
        if isinstance(fault, OSError) and fault.filename is not None:  # of a file, not of the store
            print(f"heimta: {fault.filename}: {fault.strerror}", file=sys.stderr)
            raise SystemExit(1) from None
        print(f"heimta: {_trouble(fault)}", file=sys.stderr)
        raise SystemExit(1) from None


def _trouble(fault: RedisError | OSError) -> str:
    """What the store has, and where to look."""
    if isinstance(fault, ResponseError):  # it runs, and says no
        return f"{in_words(fault)} ({fault}); `heimta doctor` looks closer"
    return f"the store does not answer: {fault}; is it running?"
