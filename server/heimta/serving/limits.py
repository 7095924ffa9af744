"""What a connection may take of this process: time, bytes and number. docs/http.md lists the same figures.

uvicorn has no deadline for receiving a request (its issue 157): a silent or dripping connection stays.
"""

from __future__ import annotations

import ctypes
import resource

from msgspec import Struct

SLICE = 4 * 1024  # bytes that are parsed at once; a smaller request needs no further look
MAX_URL = 8 * 1024  # bytes
MAX_HEAD = 16 * 1024  # bytes of one request's line and headers
MAX_HEADERS = 100
MAX_BODY = 1024 * 1024  # bytes of one request, whoever takes it; routes have tighter ones
MAX_WASTE = 8 * 1024 * 1024  # bytes read past after an early answer, so that the client gets to read it
MAX_PIPELINE = 16  # requests that one connection may send ahead of their answers; browsers send none

BACKLOG = 1024  # connections that wait in the kernel: all of them are taken in one go, which holds others up
KEEP_FOR_OURSELVES = 256  # descriptors: the store, files, pushes on the wire
DEFAULT_CONNECTIONS = 8192

M_MMAP_THRESHOLD = -3  # malloc.h


class Limits(Struct, frozen=True):
    """connections: open at once. peer: open at once from one address, 0 for no limit of its own. Times in s.

    head: from the connection, or the first byte of a later request, to the end of the headers.
    request: from the first byte to the end of the body. idle: between two requests on one connection.
    answer: for the client to read what was written. linger: after a refusal, for the client to read why.
    sweep: between two looks at all connections; each of the times may be off by one of these.
    """

    connections: int = DEFAULT_CONNECTIONS
    peer: int = 0
    head: float = 5.0
    request: float = 10.0
    idle: float = 10.0
    answer: float = 20.0
    linger: float = 2.0
    sweep: float = 0.5


def make_room(wanted: int) -> int:
    """Raise the limit of open files as far as `wanted` connections need. Returns how many it has room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + KEEP_FOR_OURSELVES
    allowed = need if hard == resource.RLIM_INFINITY else min(need, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, soft - KEEP_FOR_OURSELVES))


def give_memory_back() -> None:
    """Have buffers of 64 KiB or more returned to the system when they are freed.

    glibc raises that bound by itself after the first huge body, and the heap stays at its highest. Honest
    requests are below it. A C library without the call does as it does.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 64 * 1024)
