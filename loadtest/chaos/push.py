"""A push service that takes everything and writes down when it came: the receipts of what was sent."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections import Counter
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class PushService:
    """receipts: (when, topic), in order; seconds of time.time(). A topic is a message's own, for ever."""

    def __init__(self) -> None:
        self.receipts: list[tuple[float, str]] = []
        self.origin = ""
        self._runner: web.AppRunner | None = None
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._keys = {"p256dh": _text(point), "auth": _text(b"a" * 16)}

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/p", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def subscription(self) -> dict[str, Any]:
        """The same for everyone: receipts are told apart by their topics."""
        return {"endpoint": f"{self.origin}/p", "keys": self._keys}

    def times(self) -> Counter[str]:
        """How often each topic came."""
        return Counter(topic for _, topic in self.receipts)

    async def _take(self, request: web.Request) -> web.Response:
        await request.read()
        self.receipts.append((time.time(), request.headers["Topic"]))
        return web.Response(status=201)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
