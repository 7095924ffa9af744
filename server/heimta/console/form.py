"""Reading a form: small, urlencoded, and proven to come from one of our own pages."""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from heimta.console.desk import session_of

MAX_BODY = 16 * 1024
MAX_FIELDS = 40


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form; HTTPException 413 or 400 for what no form of ours sends."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, "That form is too large.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise HTTPException(400, "That form could not be read.") from error


async def read_own_form(request: Request) -> dict[str, str]:
    """The fields of a form of this session; HTTPException 403 without its token."""
    form = await read_form(request)
    check_token(form.get("csrf", ""), session_of(request).csrf)
    return form


def check_token(given: str, known: str) -> None:
    if not known or not compare_digest(given.encode(), known.encode()):
        raise HTTPException(403, "This page was open for too long. Go back, reload it and try again.")
