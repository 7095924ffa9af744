"""A push service as Firefox speaks to it: the autopush WebSocket protocol, and an RFC 8030 endpoint.

Messages are kept until the browser acknowledges them, so one that is away gets them at its next hello.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.push.sender import Push, flip_a_bit, judge_push

DECRYPTED, NOT_DECRYPTED = 100, 101  # Firefox's acknowledgement codes


@dataclass
class Channel:
    agent: str
    id: str
    key: str


@dataclass
class Waiting:
    channel: str
    topic: str
    message: dict[str, Any]


class Autopush:
    """State of the service. `corrupt_next` spoils one push; `pushes` and `acks` tell what happened."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.corrupt_next = False
        self.pushes: list[Push] = []
        self.acks: list[int] = []
        self._channels: dict[str, Channel] = {}  # by the token in the endpoint
        self._agents: dict[str, WebSocket | None] = {}  # None: known, and away
        self._waiting: dict[str, list[Waiting]] = {}
        self.app = Starlette(
            routes=[
                WebSocketRoute("/", self._connect),
                Route("/wpush/{token}", self._push, methods=["POST"]),
            ]
        )

    async def _connect(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol="push-notification")
        agent = ""
        try:
            while True:
                message = json.loads(await socket.receive_text())
                agent = await self._answer(socket, agent, message)
        except WebSocketDisconnect:
            if self._agents.get(agent) is socket:
                self._agents[agent] = None

    async def _answer(self, socket: WebSocket, agent: str, message: dict[str, Any]) -> str:
        """Answer one message; returns whose connection this is."""
        kind = message.get("messageType")
        if kind == "hello":
            agent = message.get("uaid", "")
            agent = agent if agent in self._agents else uuid4().hex
            self._agents[agent] = socket
            await socket.send_json(
                {"messageType": kind, "uaid": agent, "status": 200, "use_webpush": True, "broadcasts": {}}
            )
            for waiting in self._waiting.get(agent, []):
                await socket.send_json(waiting.message)
        elif kind == "register":
            token = uuid4().hex
            self._channels[token] = Channel(agent, message["channelID"], message.get("key", ""))
            endpoint = f"{self.origin}/wpush/{token}"
            await socket.send_json(
                {
                    "messageType": kind,
                    "channelID": message["channelID"],
                    "status": 200,
                    "pushEndpoint": endpoint,
                }
            )
        elif kind == "unregister":
            gone = message["channelID"]
            self._channels = {t: c for t, c in self._channels.items() if c.id != gone}
            await socket.send_json({"messageType": kind, "channelID": gone, "status": 200})
        elif kind == "ack":
            self._acknowledged(agent, message["updates"])
        elif kind in (None, "ping"):
            await socket.send_text("{}")
        return agent

    def _acknowledged(self, agent: str, updates: list[dict[str, Any]]) -> None:
        seen = {update["version"] for update in updates}
        self.acks += [update.get("code", 0) for update in updates]
        self._waiting[agent] = [w for w in self._waiting.get(agent, []) if w.message["version"] not in seen]

    async def _push(self, request: Request) -> Response:
        channel = self._channels.get(request.path_params["token"])
        if channel is None:
            self.pushes.append(Push(410, dict(request.headers), b""))
            return Response(status_code=410)
        body = await request.body()
        push = judge_push(request.headers, body, key=channel.key, audiences={self.origin})
        self.pushes.append(push)
        if push.status != 201:
            return Response(push.reason, push.status)
        if self.corrupt_next:
            self.corrupt_next, body = False, flip_a_bit(body)
        version = uuid4().hex
        await self._deliver(
            channel, request.headers.get("topic", ""), version, int(request.headers["ttl"]), body
        )
        return Response(status_code=201, headers={"Location": f"{self.origin}/m/{version}"})

    async def _deliver(self, channel: Channel, topic: str, version: str, ttl_s: int, body: bytes) -> None:
        message = {
            "messageType": "notification",
            "channelID": channel.id,
            "version": version,
            "ttl": ttl_s,
            "data": base64.urlsafe_b64encode(body).rstrip(b"=").decode(),
            "headers": {"encoding": "aes128gcm"},
        }
        socket = self._agents.get(channel.agent)
        if ttl_s or socket:
            queue = self._waiting.setdefault(channel.agent, [])
            queue[:] = [w for w in queue if not topic or (w.channel, w.topic) != (channel.id, topic)]
            queue.append(Waiting(channel.id, topic, message))
        if socket is not None:
            await socket.send_json(message)
