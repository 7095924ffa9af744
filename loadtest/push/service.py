"""A push service on loopback: answers as a path asks for, and writes down when each push came.

    POST /<answer>/<number>   answers.py; the first of a path gets that answer, each later one 201

As a process of its own (`python -m loadtest.push.service`) it takes everything, over TLS too, and says at
`GET /count` how much came, and at `GET /lags` how late those were that carry in their path when they are due.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
import time
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heimta.model.event import Keys
from loadtest.push.answers import ANSWERS

_BY_NAME = {answer.name: answer for answer in ANSWERS}


def browser_keys() -> Keys:
    """A browser's keys; one pair for a crowd, since encrypting for another costs the same."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Keys(_text(point), _text(b"a" * 16))


class PushService:
    """came: when each try of a path came and when it was answered, seconds of time.monotonic().

    wrong: what no push may be. bare: only count. clock: seconds since the epoch, for dates to wait for.
    """

    def __init__(self, *, bare: bool = False, clock: Callable[[], float] = time.time) -> None:
        self.came: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []
        self.count = 0
        self.lags_ms: list[float] = []
        self._bare = bare
        self._clock = clock

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{answer}/{number}", self._bare_take if self._bare else self._take)
        app.router.add_get("/count", self._told)
        app.router.add_get("/lags", self._lags)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        path = request.path.removeprefix("/")
        self.came[path].append(time.monotonic())
        self.count += 1
        if not body or request.headers.get("Content-Encoding") != "aes128gcm":
            self.wrong.append(f"{path}: not encrypted")
        if not request.headers.get("Authorization", "").startswith("vapid t="):
            self.wrong.append(f"{path}: not signed")
        answer = _BY_NAME[request.match_info["answer"]]
        if len(self.came[path]) > 1:
            return web.Response(status=201)
        if not answer.status:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=201)  # to nobody
        return web.Response(status=answer.status, headers=answer.headers(self._clock()))

    async def _bare_take(self, request: web.Request) -> web.Response:
        await request.read()
        self.count += 1
        due = request.match_info["number"].partition("-")[0]
        if due != "0":
            self.lags_ms.append(time.time() * 1000 - int(due))
        return web.Response(status=201)

    async def _told(self, _: web.Request) -> web.Response:
        return web.json_response(self.count)

    async def _lags(self, _: web.Request) -> web.Response:
        return web.json_response(self.lags_ms)


async def serve(service: PushService, *, tls: ssl.SSLContext | None = None, port: int = 0) -> web.AppRunner:
    """Clean the runner up at the end; runner.addresses[0] is where it listens."""
    runner = web.AppRunner(service.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls, backlog=1024).start()
    return runner


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


async def _run(port: int, certificate: Path | None) -> None:
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    await serve(PushService(bare=True), tls=tls, port=port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--certificate", type=Path, help="key and certificate, PEM, in one file")
    chosen = parser.parse_args()
    asyncio.run(_run(chosen.port, chosen.certificate))
