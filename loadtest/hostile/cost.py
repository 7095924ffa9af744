"""What the limits cost: CPU a request with uvicorn's own protocol class and with ours, side by side.

`python -m loadtest.hostile.cost serve plain|held PORT` is one server; `rounds` asks two of them in turn.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from heimta.serving.limits import Limits
from heimta.serving.serve import flags
from loadtest.hostile.lane import Asked, drive
from tests.ports import free_port

ROUNDS = 31
REQUESTS = 4_000
BODY = b"x" * 700
# As many headers as a browser sends with a batch.
BROWSER = (
    b"Host: edge.example\r\nConnection: keep-alive\r\nContent-Type: text/plain\r\nAccept: */*\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36\r\n"
    b"Origin: https://shop.example\r\nReferer: https://shop.example/\r\nSec-Fetch-Site: cross-site\r\n"
    b"Sec-Fetch-Mode: cors\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: de-DE,de;q=0.9\r\n"
)


async def take(request: Request) -> Response:
    await request.body()
    return Response(status_code=204)


async def cpu(request: Request) -> Response:
    """CPU that this process has used so far, ns."""
    return Response(str(time.process_time_ns()))


def serve(kind: str, port: int) -> None:
    app = Starlette(routes=[Route("/", take, methods=["POST"]), Route("/cpu", cpu, methods=["POST"])])
    gc.set_threshold(100_000, 50, 1000)
    plain = {"access_log": False, "log_level": "warning", "server_header": False, "ws": "none"}
    more = plain if kind == "plain" else flags(Limits())
    uvicorn.run(app, host="127.0.0.1", port=port, proxy_headers=False, **more)


@contextmanager
def running(kind: str) -> Iterator[int]:
    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "loadtest.hostile.cost", "serve", kind, str(port)])
    try:
        yield port
    finally:
        child.terminate()
        child.wait(20)


async def used(port: int) -> int:
    """The server's CPU so far, ns; waits for it to be there."""
    found: list[int] = []
    asks = [Asked("/cpu", b"")]
    end = time.monotonic() + 20
    while not found:
        try:
            await drive(
                port,
                lambda: asks[0] if not found else None,
                lambda _a, _s, _t, body: found.append(int(body)),
                lanes=1,
                common=b"Host: h\r\n",
            )
        except* ConnectionError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
    return found[0]


async def sample(port: int, requests: int) -> float:
    """CPU a request, us."""
    left = requests
    asked = Asked("/", BODY)

    def ask() -> Asked | None:
        nonlocal left
        left -= 1
        return asked if left >= 0 else None

    before = await used(port)
    await drive(port, ask, lambda *_: None, lanes=16, common=BROWSER)
    return (await used(port) - before) / requests / 1000


async def rounds(count: int = ROUNDS, requests: int = REQUESTS) -> float:
    """Our protocol's CPU a request as a share of uvicorn's: the median of the rounds' ratios."""
    with running("plain") as plain, running("held") as held:
        for port in (plain, held):
            await sample(port, requests)
        ratios = []
        for turn in range(count):
            order = (plain, held) if turn % 2 else (held, plain)
            taken = {port: await sample(port, requests) for port in order}
            ratios.append(taken[held] / taken[plain])
            print(f"  plain {taken[plain]:6.1f} us  held {taken[held]:6.1f} us  {ratios[-1]:.3f}", flush=True)
    return statistics.median(ratios)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        print(f"{asyncio.run(rounds()):.3f}")
