"""Google's side of web push as Chromium speaks to it: check-in, registration, MCS; and FCM's push endpoint.

A real Chromium subscribes with this (browsers.py points it here) and is handed an endpoint at
https://jmt17.google.com, so the sender must map that origin to ours: see `connect_to`.
Chromium never says whether it could decrypt; that shows only in the notification.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.push.protobuf import (
    Fields,
    bytes_field,
    fixed64_field,
    int_field,
    read_fields,
    read_varint,
    varint,
)
from tests.push.sender import Push, flip_a_bit, judge_push

REAL_ORIGINS = ("https://jmt17.google.com", "https://fcm.googleapis.com")
PROTOCOL_VERSION = 41
HEARTBEAT, LOGIN, LOGGED_IN, MESSAGE = 0, 2, 3, 8  # MCS tags
HEARTBEAT_ACK = 1


@dataclass
class Registration:
    device: str
    sender: str  # the applicationServerKey that the page subscribed with
    app: str
    subtype: str  # wp:<origin>#<id>


@dataclass
class Waiting:
    to: Registration
    topic: str
    id: str
    frame: bytes


class Fcm:
    """State of the service. `corrupt_next` spoils one push; `pushes` tells what was sent."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.corrupt_next = False
        self.pushes: list[Push] = []
        self._registered: dict[str, Registration] = {}  # by token
        self._online: dict[str, asyncio.StreamWriter] = {}  # by device
        self._waiting: dict[str, list[Waiting]] = {}  # by device, until it says that it has them
        self.app = Starlette(
            routes=[
                Route("/checkin", self._check_in, methods=["POST"]),
                Route("/register", self._register, methods=["POST"]),
                Route("/fcm/send/{token:path}", self._push, methods=["POST"]),
            ]
        )

    @property
    def connect_to(self) -> str:
        """For HEIMTA_PUSH_CONNECT_TO."""
        return ",".join(f"{real}={self.origin}" for real in REAL_ORIGINS)

    async def _check_in(self, request: Request) -> Response:
        known = read_fields(await request.body()).numbers[2]  # 0 or absent from a new browser
        device = (known and known[-1]) or 2**62 + secrets.randbits(60)
        body = int_field(1, 1) + int_field(3, _now_ms())
        body += fixed64_field(7, device) + fixed64_field(8, secrets.randbits(62))
        return Response(body, media_type="application/x-protobuffer")

    async def _register(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        wanted = Registration(form["device"], form.get("sender", ""), form["app"], form.get("X-subtype", ""))
        if form.get("delete") == "true":
            self._registered = {
                token: kept
                for token, kept in self._registered.items()
                if (kept.device, kept.subtype) != (wanted.device, wanted.subtype)
            }
            return Response(f"deleted={form['app']}")
        token = f"{secrets.token_urlsafe(8)}:{secrets.token_urlsafe(90)}"
        self._registered[token] = wanted
        return Response(f"token={token}")

    async def _push(self, request: Request) -> Response:
        to = self._registered.get(request.path_params["token"])
        if to is None:
            self.pushes.append(Push(410, dict(request.headers), b""))
            return Response(status_code=410)
        body = await request.body()
        push = judge_push(request.headers, body, key=to.sender, audiences=set(REAL_ORIGINS), foreign=403)
        self.pushes.append(push)
        if push.status != 201:
            return Response(push.reason, push.status)
        if self.corrupt_next:
            self.corrupt_next, body = False, flip_a_bit(body)
        self._deliver(to, request.headers.get("topic", ""), int(request.headers["ttl"]), body)
        return Response(status_code=201)

    def _deliver(self, to: Registration, topic: str, ttl_s: int, body: bytes) -> None:
        id = secrets.token_hex(8)
        frame = _data_message(to, id, body, ttl_s)
        writer = self._online.get(to.device)
        if ttl_s or writer is not None:
            queue = self._waiting.setdefault(to.device, [])
            queue[:] = [w for w in queue if not topic or (w.to, w.topic) != (to, topic)]
            queue.append(Waiting(to, topic, id, frame))
        if writer is not None:
            writer.write(frame)

    async def serve_mcs(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One browser's standing connection, on which messages arrive."""
        device = ""
        try:
            await reader.readexactly(1)  # the browser's protocol version
            while True:
                tag = (await reader.readexactly(1))[0]
                body = await reader.readexactly(await read_varint(reader))
                if tag == LOGIN:
                    device = self._log_in(read_fields(body), writer)
                elif tag == HEARTBEAT:
                    writer.write(_frame(HEARTBEAT_ACK, b""))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the browser has gone
        finally:
            if self._online.get(device) is writer:
                del self._online[device]
            writer.close()

    def _log_in(self, request: Fields, writer: asyncio.StreamWriter) -> str:
        """The browser names what it has already got, so the rest goes out again.

        A message written to a connection that was just closing is in that rest: nothing is lost.
        """
        answer = bytes_field(1, request.texts[1][0]) + int_field(8, _now_ms())
        writer.write(bytes([PROTOCOL_VERSION]) + _frame(LOGGED_IN, answer))
        device = request.texts[3][0].decode()
        self._online[device] = writer
        got = {id.decode() for id in request.texts[10]}
        self._waiting[device] = [w for w in self._waiting.get(device, []) if w.id not in got]
        for waiting in self._waiting[device]:
            writer.write(waiting.frame)
        return device


def _frame(tag: int, body: bytes) -> bytes:
    return bytes([tag]) + varint(len(body)) + body


def _data_message(to: Registration, id: str, body: bytes, ttl_s: int) -> bytes:
    """MCS DataMessageStanza. Field 7 holds pairs: to whom it goes, and how it is encrypted."""
    pairs = {"subtype": to.subtype, "content-encoding": "aes128gcm"}
    message = bytes_field(3, to.sender) + bytes_field(5, to.app)
    for name, value in pairs.items():
        message += bytes_field(7, bytes_field(1, name) + bytes_field(2, value))
    message += bytes_field(9, id) + int_field(17, ttl_s) + int_field(18, _now_ms())
    return _frame(MESSAGE, message + bytes_field(21, body))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
