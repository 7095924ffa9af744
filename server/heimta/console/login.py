"""Logging in and out.

Against guessing: argon2id, the same work for unknown users, and a back-off per account and per address. The
address comes first: a try that is refused for it is not counted for the account, else one stranger with one
address would keep a merchant out. A browser that the user came in with before has a count of its own
(device.py), else strangers with several would.
Against a planted session: a new session id at every login. Against a login forced on somebody: the form
carries a token that must equal a cookie set with the form (there is no session to keep one in yet).
"""

from __future__ import annotations

from hashlib import sha256
from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.console.desk import Desk, desk_of
from heimta.console.device import device_of, remember
from heimta.console.form import is_token, new_token, read_form, read_own_form
from heimta.console.guard import HOME, LOGIN, safe_next
from heimta.console.users import find_user, is_address, normal
from heimta.model.peer import peer_of
from heimta.store import users
from heimta.store.users import Session, User

FREE_TRIES = 5
ACCOUNT_WAIT_S = 60  # short: somebody else's guessing must not lock the merchant out for long
ADDRESS_WAIT_S = 15 * 60


async def show_login(request: Request) -> Response:
    desk = desk_of(request)
    wanted = safe_next(request.query_params.get("next", HOME))
    if request.state.session is not None:
        return RedirectResponse(wanted, status_code=303)
    return _page(request, desk, wanted=wanted)


async def log_in(request: Request) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    email, wanted = normal(form.get("email", "")), safe_next(form.get("next", HOME))
    if not is_token(form.get("csrf", ""), request.cookies.get(_form_cookie(desk), "")):
        if request.state.session is not None:  # logged in meanwhile, in another tab
            return RedirectResponse(wanted, status_code=303)
        words = "This page was open for too long. Please log in once more."
        return _page(request, desk, wanted=wanted, error=words, status=403)
    counted = await _counted(request, desk, email)
    wait_s = 0
    for who, longest_s in counted.items():
        wait_s = wait_s or await users.count_try(desk.redis, who, free=FREE_TRIES, longest_s=longest_s)
    if wait_s:
        words = f"Too many tries. Wait {wait_s} seconds, then try again."
        page = _page(request, desk, wanted=wanted, email=email, error=words, status=429)
        page.headers["Retry-After"] = str(wait_s)
        return page
    user = await find_user(desk.redis, email, form.get("password", ""), desk.hashing)
    if user is None:
        words = "That e-mail and password do not belong together."
        return _page(request, desk, wanted=wanted, email=email, error=words, status=401)
    for who in counted:
        if who.startswith("i:"):
            await users.forgive_try(desk.redis, who)
        else:
            await users.forget_tries(desk.redis, who)
    return await _let_in(request, desk, user, wanted)


async def _counted(request: Request, desk: Desk, email: str) -> dict[str, int]:
    """For whom a try counts, in this order, and how long each has to wait at most, s."""
    known = await users.get(desk.redis, email) if is_address(email) else None
    if device := device_of(request, desk, known):
        return {f"d:{_hash(device)}": ADDRESS_WAIT_S}
    peer = peer_of(request.client.host) if request.client else ""
    return {f"i:{_hash(peer)}": ADDRESS_WAIT_S, f"a:{_hash(email)}": ACCOUNT_WAIT_S}


async def _let_in(request: Request, desk: Desk, user: User, wanted: str) -> Response:
    if old := request.cookies.get(desk.cookie):
        await users.drop_session(desk.redis, old)
    token = token_urlsafe(32)
    session = Session(user.email, new_token(user.mark), desk.clock(), user.mark)
    await users.open_session(desk.redis, token, session)
    answer = RedirectResponse(wanted, status_code=303)
    _set_cookie(answer, desk, desk.cookie, token)
    remember(answer, desk, user)
    answer.delete_cookie(_form_cookie(desk), secure=desk.is_https, httponly=True, samesite="lax")
    return answer


async def log_out(request: Request) -> Response:
    desk = desk_of(request)
    await read_own_form(request)
    await users.drop_session(desk.redis, request.cookies[desk.cookie])
    answer = RedirectResponse(LOGIN, status_code=303)
    answer.delete_cookie(desk.cookie, secure=desk.is_https, httponly=True, samesite="lax")
    return answer


def _page(
    request: Request, desk: Desk, *, wanted: str, email: str = "", error: str = "", status: int = 200
) -> Response:
    token = request.cookies.get(_form_cookie(desk)) or token_urlsafe(24)
    words = {"wanted": wanted, "email": email, "error": error, "csrf": token}
    page = desk.templates.TemplateResponse(request, "login.html", words, status_code=status)
    _set_cookie(page, desk, _form_cookie(desk), token)
    return page


def _form_cookie(desk: Desk) -> str:
    return "__Host-heimta_form" if desk.is_https else "heimta_form"


def _set_cookie(answer: Response, desk: Desk, name: str, value: str) -> None:
    answer.set_cookie(name, value, path="/", secure=desk.is_https, httponly=True, samesite="lax")


def _hash(name: str) -> str:
    """What stands in a key for an address or an e-mail: short, and no text of a stranger's choosing."""
    return sha256(name.encode()).hexdigest()[:32]
