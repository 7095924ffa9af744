"""Reading a form: small, urlencoded, and proven to come from one of our own pages.

A form's token is signed with the mark of its user: so a form that outlived its session is good again once the
same user has logged in, with the same password, and what was typed into it is not lost.
"""

from __future__ import annotations

from hmac import compare_digest, digest
from secrets import token_urlsafe
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from heimta.console.desk import session_of
from heimta.store.users import Session

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
    """The fields of a form of this user; HTTPException 403 without a token of theirs."""
    form, session = await read_form(request), session_of(request)
    given = form.get("csrf", "")
    if not is_token(given, session.csrf) and not _is_of(session, given):
        raise HTTPException(403, "This page was open for too long. Go back, reload it and try again.")
    return form


def _is_of(session: Session, given: str) -> bool:
    """Whether it was given out in any session of this user, since they have this password."""
    return bool(session.mark) and is_token(given, _signed(given.partition(".")[0], session.mark))


def new_token(mark: str) -> str:
    """For the forms of a session. mark: its user's, another one with every password."""
    return _signed(token_urlsafe(18), mark)


def _signed(nonce: str, mark: str) -> str:
    return f"{nonce}.{digest(mark.encode(), f'form:{nonce}'.encode(), 'sha256').hex()}"


def is_token(given: str, known: str) -> bool:
    return bool(known) and compare_digest(given.encode(), known.encode())
