"""Push service, SMS gateway, Graph API and mail server, all on this machine: they take everything, and write
down when and for whom. Each waits some milliseconds between taking a message and its answer, so that a sender
is killed there too.

A receipt names the addressee: the path of a push, the number, the page-scoped id, the mailbox. One shopper
has one address a channel and gets one message there, so two receipts of an address are a second copy.
"""

from __future__ import annotations

import asyncio
import email
import random
import time
from base64 import urlsafe_b64encode
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs

import orjson
from aiohttp import web
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from heimta.model.channel import Channel
from tests.ports import free_port

MOST_MS = 15.0  # between taking a message and the answer


class Receipt(Struct, frozen=True):
    """at: seconds of time.time(). copy: what the receiving side tells copies by; '' where it has nothing."""

    at: float
    copy: str


class Receivers:
    """latency_ms: at most, drawn anew for each message."""

    def __init__(self, seed: int, *, latency_ms: float = MOST_MS) -> None:
        self.receipts: dict[Channel, dict[str, list[Receipt]]] = defaultdict(lambda: defaultdict(list))
        self.origin = ""
        self.mail_port = free_port()
        self._dice = random.Random(seed)
        self._latency_ms = latency_ms
        self._runner: web.AppRunner | None = None
        self._mail: UnthreadedController | None = None
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._keys = {"p256dh": _text(point), "auth": _text(b"a" * 16)}

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/p/{name}", self._push)
        app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", self._sms)
        app.router.add_post("/{version}/{page}/messages", self._messenger)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"
        self._mail = UnthreadedController(
            self, hostname="127.0.0.1", port=self.mail_port, loop=asyncio.get_running_loop()
        )
        self._mail.server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", self.mail_port
        )

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._mail is not None and self._mail.server is not None:
            self._mail.server.close()

    def subscription(self, name: str) -> dict[str, Any]:
        return {"endpoint": f"{self.origin}/p/{name}", "keys": self._keys}

    def count(self, channel: Channel) -> int:
        """How many addresses have a receipt."""
        return len(self.receipts[channel])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        told = email.message_from_bytes(raw)
        for mailbox in envelope.rcpt_tos:
            self._take("email", mailbox.partition("@")[0], str(told["Message-ID"]))
        await self._wait()
        return "250 taken"

    async def _push(self, request: web.Request) -> web.Response:
        await request.read()
        self._take("push", request.match_info["name"], request.headers["Topic"])
        await self._wait()
        return web.Response(status=201)

    async def _sms(self, request: web.Request) -> web.Response:
        form = parse_qs((await request.read()).decode())
        self._take("sms", form["To"][0], "")
        await self._wait()
        return web.json_response({"sid": "SM" + "0" * 32, "status": "queued"}, status=201)

    async def _messenger(self, request: web.Request) -> web.Response:
        told = orjson.loads(await request.read())
        self._take("messenger", told["recipient"]["id"], "")
        await self._wait()
        return web.json_response({"recipient_id": told["recipient"]["id"], "message_id": "m_0"})

    def _take(self, channel: Channel, address: str, copy: str) -> None:
        self.receipts[channel][address].append(Receipt(time.time(), copy))

    async def _wait(self) -> None:
        if self._latency_ms:
            await asyncio.sleep(self._dice.uniform(0, self._latency_ms) / 1000)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
