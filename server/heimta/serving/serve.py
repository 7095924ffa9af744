"""Run an application on uvicorn until a signal, held to the limits of this room."""

from __future__ import annotations

import signal
from functools import partial
from types import FrameType
from typing import Any, cast

import msgspec
import structlog
import uvicorn
from starlette.types import ASGIApp

from heimta.serving.connection import Connection
from heimta.serving.keeper import Keeper
from heimta.serving.limits import BACKLOG, Limits, give_memory_back, make_room

STOP_S = 15  # a graceful stop; supervisors wait 20 s

log = structlog.get_logger()


def flags(limits: Limits) -> dict[str, Any]:
    """What every uvicorn of ours is started with, whoever starts it."""
    # uvicorn calls it as it would call the class; it asks no more of it.
    http = cast("type[Connection]", partial(Connection, keeper=Keeper(limits)))
    return {
        "http": http,
        "ws": "none",
        "backlog": BACKLOG,
        "access_log": False,
        "log_config": None,  # its lines go where ours go: operate/logs.py
        "log_level": "warning",
        "server_header": False,
        "timeout_graceful_shutdown": STOP_S,
    }


def serve(app: ASGIApp, *, host: str, port: int, limits: Limits, behind_proxy: bool) -> None:
    """Returns after a signal, when the requests that were in hand are answered.

    behind_proxy: believe `X-Forwarded-For` of a proxy on this machine. Costs a wrapper around each request.
    """
    give_memory_back()
    room = make_room(limits.connections)
    if room < limits.connections:
        log.warning(
            "fewer connections than asked for", wanted=limits.connections, room=room, mend="ulimit -n"
        )
    limits = msgspec.structs.replace(limits, connections=room)
    # uvicorn stops at a signal and then raises it again, for whoever was there before: that is us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    try:
        uvicorn.run(app, host=host, port=port, proxy_headers=behind_proxy, **flags(limits))
    except _Stopped:
        log.info("stopped")


class _Stopped(BaseException):
    """Somebody asked us to stop: the process ends with 0, since nothing failed."""


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise _Stopped
