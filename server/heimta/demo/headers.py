"""The headers a careful shop sets, and one check: a form may only be posted from the shop's own pages.

The policy names the edge where a merchant would: scripts and connections, nothing else. Inline scripts
need the nonce of the very response, styles come from files only.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy(edge_origin: str, nonce: str) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' {edge_origin}",
            f"connect-src 'self' {edge_origin}",
            "img-src 'self' data:",
            "style-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class CarefulHeaders:
    """Gives every response its policy and every request scope["state"]["nonce"]."""

    def __init__(self, app: ASGIApp, edge_origin: str) -> None:
        self._app, self._edge_origin = app, edge_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if scope["method"] == "POST" and origin and urlsplit(origin).netloc != headers.get("host", ""):
            refusal = PlainTextResponse("This form was posted from another site.", 403)
            return await refusal(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                out["Content-Security-Policy"] = policy(self._edge_origin, nonce)
                out["X-Content-Type-Options"] = "nosniff"
                out["Referrer-Policy"] = "strict-origin-when-cross-origin"
                if out.get("content-type", "").startswith("text/html"):
                    out["Cache-Control"] = "no-store, private"  # every page shows somebody's cart count
            await send(message)

        await self._app(scope, receive, send_with_headers)
