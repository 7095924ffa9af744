"""Browsers that a user has logged in with before: strangers' guessing does not keep them out.

Wrong passwords are counted for the account, and whoever knows its address can use up what it may try, from a
few addresses for ever. So a browser that came in once holds a token, signed with the mark of its user; its
tries are counted for it alone, and nobody else's for it. Another password makes it a stranger.
Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

from __future__ import annotations

from hmac import compare_digest, digest
from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.desk import Desk
from heimta.store.users import User

KEEP_S = 180 * 24 * 3600


def device_of(request: Request, desk: Desk, user: User | None) -> str:
    """The name of a browser that the user has logged in with; '' for any other."""
    given = request.cookies.get(_cookie(desk), "")
    name = given.partition(".")[0]
    known = user is not None and compare_digest(given.encode(), _signed(name, user).encode())
    return name if known else ""


def remember(answer: Response, desk: Desk, user: User) -> None:
    """From now on this browser is known to be the user's."""
    token = _signed(token_urlsafe(18), user)
    answer.set_cookie(
        _cookie(desk), token, KEEP_S, path="/", secure=desk.is_https, httponly=True, samesite="lax"
    )


def _signed(name: str, user: User) -> str:
    return f"{name}.{digest(user.mark.encode(), f'device:{user.email}:{name}'.encode(), 'sha256').hex()}"


def _cookie(desk: Desk) -> str:
    return "__Host-heimta_device" if desk.is_https else "heimta_device"
