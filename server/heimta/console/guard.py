"""Nobody without a session gets past here but to log in. Deny by default: a new route needs no rule."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from heimta.console.desk import Desk, desk_of
from heimta.console.form import read_form
from heimta.store import users
from heimta.store.users import Session

LOGIN = "/console/login"
HOME = "/console"
HEALTH = "/healthz"  # for the supervisor and the container, who have no login
READY = "/readyz"
METRICS = "/metrics"  # has a rule of its own: operate/readers.py
OPEN = (LOGIN, HEALTH, READY, METRICS)
OPEN_UNDER = "/console/static/"
TYPED = "div#preview"  # what is drawn beside a form while somebody types into it: look_preview.html
LONGEST_MS = 7 * 24 * 3600 * 1000  # log in once a week, whatever the browser keeps open


class GuardMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        session = await _session(request, desk_of(request))
        if session is None and not _is_open(scope["path"]):
            await (await _refuse(request))(scope, receive, send)
            return
        scope.setdefault("state", {})["session"] = session
        await self.app(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_UNDER)


async def _session(request: Request, desk: Desk) -> Session | None:
    token = request.cookies.get(desk.cookie, "")
    if not token:
        return None
    session = await users.read_session(desk.redis, token)
    if session is not None and await _is_over(session, desk):
        await users.drop_session(desk.redis, token)
        return None
    return session


async def _is_over(session: Session, desk: Desk) -> bool:
    """For its age; or the user is gone, or has another password than the one it began with."""
    if desk.clock() - session.created > LONGEST_MS:
        return True
    user = await users.get(desk.redis, session.email)
    return user is None or user.mark != session.mark


async def _refuse(request: Request) -> Response:
    """To the login page, and from there back. A form is held on a page that sends it again."""
    if "HX-Request" in request.headers:
        return _refuse_fragment(request)
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(_login(_wanted(request.url)), status_code=303)
    return await _hold(request)


def _refuse_fragment(request: Request) -> Response:
    """The page around it goes to the login; but not one in which somebody types, who would lose it."""
    try:
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path
    except ValueError:
        here = ""
    headers = {"HX-Redirect": _login(safe_next(here)) if here else LOGIN}
    if request.headers.get("HX-Target") == TYPED:
        headers = {"HX-Reswap": "none"}
    return PlainTextResponse("Log in first.", status_code=401, headers=headers)


async def _hold(request: Request) -> Response:
    """What a form said, and a button that says it again after the login: browsers keep no form that they were
    told not to store. The form's own token rides along, so one that another site sent here stays refused.
    """
    address = _wanted(request.url)
    try:
        form = await read_form(request) if safe_next(address) == address else {}
    except HTTPException:
        form = {}
    words: dict[str, object] = {"login": LOGIN, "address": address, "form": form}
    return desk_of(request).templates.TemplateResponse(request, "held.html", words, status_code=401)


def _login(wanted: str) -> str:
    return f"{LOGIN}?{urlencode({'next': wanted})}"


def _wanted(url: URL) -> str:
    return url.path + (f"?{url.query}" if url.query else "")


def safe_next(wanted: str) -> str:
    """Where to go after the login: only to a page of the console, never to another site."""
    is_ours = wanted == HOME or wanted.startswith(f"{HOME}/")
    return wanted if is_ours and "\\" not in wanted and wanted.isprintable() else HOME
