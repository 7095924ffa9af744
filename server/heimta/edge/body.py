"""Read a request's body with a limit, before anyone believes what it says of itself."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from heimta.model.event import MAX_BODY


class Encoded(Exception):
    """Packed; the body was not read."""


class TooLarge(Exception):
    """More bytes than allowed; the rest was not read."""


async def receive_body(receive: Receive, *, told: bytes, limit: int = MAX_BODY) -> bytes:
    """The body, off the ASGI channel. Raises TooLarge, or ClientDisconnect when the browser hung up.

    told: the request's Content-Length, empty if it has none.
    """
    if told.isdigit() and int(told) > limit:
        raise TooLarge(f"the body has {int(told)} bytes; at most {limit} are taken")
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        if not message.get("more_body", False):
            return b"".join((*parts, part)) if parts else part
        parts.append(part)


async def read_body(request: Request, *, limit: int = MAX_BODY) -> bytes:
    """The same for a route that was given a Request. Raises TooLarge, or Encoded: nothing is ever unpacked.

    When the browser hung up, an HTTPException ends the route: nobody reads the answer, and nothing is logged.
    """
    if request.headers.get("content-encoding"):
        raise Encoded("send the body as it is, without Content-Encoding")
    told = request.headers.get("content-length", "").encode()
    try:
        return await receive_body(request.receive, told=told, limit=limit)
    except ClientDisconnect:
        raise HTTPException(400, "the request broke off") from None


__all__ = ["ClientDisconnect", "Encoded", "TooLarge", "read_body", "receive_body"]
