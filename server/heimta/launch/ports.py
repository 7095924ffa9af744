"""Which ports to use: the chosen ones, or the next free ones when nobody chose.

A port that the operator named is theirs to sort out, so a clash there is an error that names the
variable. A default that is taken is nobody's decision, so the next free port does, with a message.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

from heimta import settings
from heimta.launch.lock import LaunchError

TRIES = 200  # ports looked at after a taken default


def settle(
    environ: Mapping[str, str], names: tuple[str, ...], *, may_move: bool
) -> tuple[dict[str, str], list[str]]:
    """Give every name in `names` (HEIMTA_…_PORT) a port that is free now.

    may_move: False in production, where a proxy in front knows the ports.
    Returns the environment with all of them set, and a message for each that moved.
    """
    chosen = dict(environ)
    told: list[str] = []
    used: dict[int, str] = {}
    given = settings.load(environ)
    for name in names:
        port = _port_of(given, name)
        explicit = not may_move or bool(environ.get(name, "").strip())
        trouble = f"{used[port]} has it already" if port in used else why_not(given.host, port)
        if trouble and explicit:
            raise LaunchError(f"{name} is {port}, but {trouble}; stop that one or choose another port")
        if trouble:
            free = _next_free(given.host, port, used)
            told.append(f"Port {port}: {trouble}, so port {free} is used instead ({name} chooses).")
            port = free
        used[port] = name
        chosen[name] = str(port)
    return chosen, told


def why_not(host: str, port: int) -> str:
    """Why this port cannot be listened on, or an empty string if it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise LaunchError(
            f"HEIMTA_HOST is {host!r}, which is no address of this machine; for example 127.0.0.1"
        ) from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            return _reason(error, host)
    return ""


def _reason(error: OSError, host: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program uses it"
    if error.errno == errno.EACCES:
        return "this user may not open it"
    if error.errno == errno.EADDRNOTAVAIL:
        raise LaunchError(
            f"HEIMTA_HOST is {host!r}, which is no address of this machine; for example 127.0.0.1"
        ) from error
    raise error


def _next_free(host: str, port: int, used: Mapping[int, str]) -> int:
    # The other three defaults stand right behind this one: start past them.
    first = max(port, settings.LAST_DEFAULT_PORT) + 1
    for candidate in range(first, min(first + TRIES, 65536)):
        if candidate not in used and not why_not(host, candidate):
            return candidate
    raise LaunchError(f"no free port from {first} to {first + TRIES - 1}; set the HEIMTA_*_PORT variables")


def _port_of(given: settings.Settings, name: str) -> int:
    port = getattr(given, name.removeprefix("HEIMTA_").lower())
    assert isinstance(port, int)
    return port
