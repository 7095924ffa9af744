"""Read a request's body with a limit, before anyone believes what it says of itself."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from heimta.model.event import MAX_BODY


class TooLarge(Exception):
    """More bytes than allowed; the rest was not read."""


async def read_body(request: Request, *, limit: int = MAX_BODY) -> bytes:
    """The body. Raises TooLarge, or ClientDisconnect when the browser hung up."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit:
        raise TooLarge(f"the body has {told} bytes; at most {limit} are taken")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


__all__ = ["ClientDisconnect", "TooLarge", "read_body"]
