"""The demo shop as it is, with one tag or another in its pages, and an edge on another origin.

The demo's own tag is taken out of the HTML and the one asked for by `?tag=` put in its place, so that the
page without a tag is really without one. Isolated from other origins, so that its clock counts in steps of
5 µs and not 100.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heimta.demo.app import create_app
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
STUB = "window.heimta=window.heimta||function(){(heimta.q=heimta.q||[]).push(arguments)}"
OWN_TAG = re.compile(rb'<script async src="[^"]*/s/demo\.js"[^>]*></script>')
HEADERS = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "credentialless"}
# Nothing but a tag; some peers need a body to be there.
EMPTY = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Empty</title><body><!--tag--></body></html>'
)
CONFIG: dict[str, Any] = {
    "shop": "demo", "rev": "1", "consent": "implied", "languages": ["en", "de", "is"], "currency": "EUR",
    "exponent": 2, "checkout": "^/checkout", "theme": {}, "widgets": {}, "campaigns": [],
    "urls": {"cart": "/cart", "checkout": "/checkout", "restore": "/cart/{lines}", "apply": "/code/{code}"},
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Addresses: the shop's, and the edge's, which also has the peers' files."""

    shop: str
    edge: str


class OtherTag:
    """tags: HTML by name. Leaves everything but HTML pages alone."""

    def __init__(self, app: ASGIApp, tags: Mapping[str, str]) -> None:
        self._app, self._tags = app, tags

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"] == "/empty":
            tag = self._tag(scope)
            return await Response(EMPTY.replace("<!--tag-->", tag), media_type="text/html", headers=HEADERS)(
                scope, receive, send
            )
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            told = [(k, v) for k, v in start["headers"] if k.lower() != b"content-security-policy"]
            if any(v.startswith(b"text/html") for k, v in told if k.lower() == b"content-type"):
                body = OWN_TAG.sub(self._tag(scope).encode().replace(b"\\", rb"\\"), body)
                told = [(k, v) for k, v in told if k.lower() != b"content-length"]
                told.append((b"content-length", str(len(body)).encode()))
                told += [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
            await send({**start, "headers": told})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, keep)

    def _tag(self, scope: Scope) -> str:
        name = parse_qs(scope["query_string"].decode()).get("tag", ["none"])[0]
        return self._tags[name]


def edge_app(snippet: bytes, files: Mapping[str, Path]) -> Starlette:
    """Takes every batch, gives the snippet and the peers' files."""
    code = snippet.decode().replace("__HEIMTA_CONFIG__", json.dumps(CONFIG))
    cors = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

    async def own(request: Request) -> Response:
        return Response(code, media_type="text/javascript", headers=cors)

    async def take(request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("", headers={**cors, "Access-Control-Allow-Headers": "*"})
        await request.body()
        return JSONResponse({"ok": 1, "status": 1, "featureFlags": {}}, headers=cors)

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("", 404, headers=cors)
        return Response(found.read_bytes(), media_type="text/javascript", headers=cors)

    return Starlette(
        routes=[
            Route("/s/demo.js", own),
            Route("/peer/{name}", file),
            Route("/{rest:path}", take, methods=["GET", "POST", "OPTIONS"]),
        ]
    )


@asynccontextmanager
async def place(
    folder: Path, snippet: bytes, tags: Mapping[str, str], files: Mapping[str, Path]
) -> AsyncIterator[Place]:
    """tags: HTML by name, in which {edge} stands for the edge."""
    at = Place(f"http://localhost:{free_port()}", f"http://127.0.0.1:{free_port()}")
    shop = create_app(data_dir=folder, edge_url=at.edge, webhook_secret="s" * 43)
    put = {name: html.replace("{edge}", at.edge) for name, html in tags.items()}
    async with serving(OtherTag(shop, put), at.shop), serving(edge_app(snippet, files), at.edge):
        yield at


@asynccontextmanager
async def serving(app: ASGIApp, url: str) -> AsyncIterator[None]:
    port = int(url.rpartition(":")[2])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        await task
