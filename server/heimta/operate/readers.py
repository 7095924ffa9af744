"""Who may read /metrics, and how it is answered.

The edge's port is public, and figures tell a rival how a shop does. With HEIMTA_METRICS_TOKEN set, whoever
shows it may read, from anywhere. Without, only a reader on this machine who did not come through a proxy: a
proxy on the same machine connects from the loopback too, and is known by the headers that it adds. One that
adds none cannot be known, so docs/operating.md asks to close the path there.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from ipaddress import ip_address

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from heimta.operate.figures import Exposition

PROXIED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "via")


@dataclass(frozen=True)
class Readers:
    """token: what a reader has to show; empty: the loopback rule."""

    token: str = ""

    def refusal(self, request: Request) -> Response | None:
        """None for one who may read."""
        if self.token:
            shown = request.headers.get("authorization", "")
            # Bytes: compare_digest refuses text that is not ASCII.
            if secrets.compare_digest(shown.encode(), f"Bearer {self.token}".encode()):
                return None
            words = "Send the token: Authorization: Bearer …\n"
            return PlainTextResponse(words, 401, {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
        if _is_local(request):
            return None
        words = "Readable on this machine only, unless HEIMTA_METRICS_TOKEN is set.\n"
        return PlainTextResponse(words, 403, {"Cache-Control": "no-store"})

    def answer(self, request: Request, exposition: Exposition) -> Response:
        """The figures, or the refusal."""
        refused = self.refusal(request)
        if refused is not None:
            return refused
        return Response(exposition.text(), 200, {"Cache-Control": "no-store"}, CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in PROXIED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
