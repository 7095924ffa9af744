"""Ports nobody listens on.

From below those that the kernel deals out to connections (32768 on): nobody else's can take one between the
asking and the listening. Each of pytest's workers has a thousand of its own.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST, EACH, WORKERS = 20_000, 1000, 12
_turn = itertools.count(os.getpid())  # not where another run on this machine begins


def free_port() -> int:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    for n in itertools.islice(_turn, EACH):
        port = FIRST + worker * EACH + n % EACH
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody's; the next one
            return port
    raise RuntimeError(f"all {EACH} ports are taken")
