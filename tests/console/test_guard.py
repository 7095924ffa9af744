"""Every route, walked: closed to strangers, protected by headers, and changed by nobody else's form."""

from __future__ import annotations

import html
import re
from pathlib import Path

import msgspec
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError
from starlette.routing import Route

from heimta.console import app as console
from heimta.console.assets import AssetsMissing, find_assets
from heimta.console.headers import HEADERS
from heimta.console.users import add_user
from heimta.store import documents, keys, users
from heimta.store.connect import Client
from tests.console.browser import EMAIL, PASSWORD, Browser
from tests.console.seed import NOW, install

STRANGERS_MAY = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),  # to readers on this machine, or with the token: tests/operate/test_readers.py
    ("GET", "/console/login"),
    ("POST", "/console/login"),
    ("GET", "/console/static/{name}"),
}
CART = "/console/shops/demo/cart"
PLACES = {"shop": "demo", "name": "exit-offer"}


def address(route: Route) -> str:
    if route.path == "/console/static/{name}":
        return "/console/static/console.css"
    return re.sub(r"\{(\w+)\}", lambda found: PLACES[found[1]], route.path)


EVERY = sorted(
    {
        (method, route.path, address(route))
        for route in console.routes
        for method in (route.methods or set()) - {"HEAD"}
    }
)
CLOSED = [(m, at) for m, path, at in EVERY if (m, path) not in STRANGERS_MAY]


@pytest.mark.parametrize(("method", "at"), CLOSED)
async def test_a_stranger_is_sent_to_the_login(anyone: Browser, redis: Client, method: str, at: str) -> None:
    await install(redis)
    answer = await anyone.request(method, at)
    if method == "GET":
        assert answer.status_code == 303 and answer.headers["location"].startswith("/console/login?next=")
    else:
        assert answer.status_code == 401
    assert "Nordhús" not in answer.text


@pytest.mark.parametrize(("method", "at"), CLOSED)
async def test_a_made_up_session_is_no_session(anyone: Browser, method: str, at: str) -> None:
    answer = await anyone.request(method, at, headers={"Cookie": "heimta_session=made-up"})
    assert answer.status_code in (303, 401)


async def test_a_path_that_is_no_route_is_closed_as_well(anyone: Browser) -> None:
    assert (await anyone.get("/console/shops/demo/secrets")).status_code == 303
    assert (await anyone.get("/console/login/../shops/demo")).status_code == 303


@pytest.mark.parametrize(
    ("page", "goes_to"),
    [
        ("", "/console/login"),
        ("http://[", "/console/login"),
        (
            "https://c.example/console/shops/demo/events?a",
            "/console/login?next=%2Fconsole%2Fshops%2Fdemo%2Fevents",
        ),
        ("https://evil.example//evil.example/console", "/console/login?next=%2Fconsole"),
    ],
)
async def test_a_fragment_sends_the_whole_page_to_the_login_and_back(
    anyone: Browser, page: str, goes_to: str
) -> None:
    headers = {"HX-Request": "true"} | ({"HX-Current-URL": page} if page else {})
    answer = await anyone.get("/console/shops/demo/events/rows", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, goes_to)


async def test_a_page_in_which_somebody_types_stays(anyone: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Target": "div#preview"}
    answer = await anyone.post("/console/shops/demo/look/preview", headers=headers, data={"font": "serif"})
    assert (answer.status_code, answer.headers["hx-reswap"]) == (401, "none")
    assert "hx-redirect" not in answer.headers


async def test_a_form_whose_session_ended_is_held_and_sent_again_after_the_login(
    merchant: Browser, redis: Client
) -> None:
    """In another session of the same user. Every field comes along, and nothing of it can break out."""
    await install(redis)
    form = {"platform": "selectors", "checkout": "/checkout", "line": '.a[title="<b>"]'}
    form["csrf"] = await merchant.token(CART)
    await redis.delete(*[key async for key in redis.scan_iter(match=keys.login("*"))])
    held = await merchant.post(CART, data=form)
    assert held.status_code == 401 and 'target="_blank"' in held.text and "<b>" not in held.text
    assert f'action="{CART}"' in held.text
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', held.text)
    assert {name: html.unescape(value) for name, value in fields} == form
    assert (await merchant.log_in()).status_code == 303
    assert (await merchant.post(CART, data=form)).status_code == 200
    assert form["line"] in html.unescape((await merchant.get(CART)).text)


async def test_a_form_of_another_user_or_of_an_older_password_is_refused(
    merchant: Browser, redis: Client
) -> None:
    await install(redis)
    form = {"platform": "api", "checkout": "/checkout", "csrf": await merchant.token(CART)}
    await add_user(redis, "ben@shop.example", PASSWORD, now=NOW)
    merchant.cookies.clear()
    assert (await merchant.log_in(email="ben@shop.example")).status_code == 303
    assert (await merchant.post(CART, data=form)).status_code == 403
    await add_user(redis, EMAIL, PASSWORD, now=NOW)
    merchant.cookies.clear()
    assert (await merchant.log_in()).status_code == 303
    assert (await merchant.post(CART, data=form)).status_code == 403


@pytest.mark.parametrize("content", [b"csrf=\xff", b"x" * 20_000])
async def test_what_is_no_form_of_ours_is_not_held(anyone: Browser, content: bytes) -> None:
    held = await anyone.post(CART, content=content)
    assert held.status_code == 401 and "<form" not in held.text and "back" in held.text
    outside = await anyone.post("http://console.test//evil.example/console", data={"a": "b"})
    assert outside.status_code == 401 and "evil.example" not in outside.text


@pytest.mark.parametrize(("method", "path", "at"), EVERY)
async def test_every_answer_carries_the_headers(
    merchant: Browser, redis: Client, method: str, path: str, at: str
) -> None:
    await install(redis)
    answer = await merchant.request(method, at)
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, name
    if "/static/" not in path:
        assert answer.headers["cache-control"] == "no-store"
    assert answer.status_code < 500


async def test_an_error_of_ours_carries_them_too_and_shows_no_inside(
    merchant: Browser, redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await install(redis)

    async def broken(*args: object) -> None:
        msgspec.json.decode(b"not json")

    monkeypatch.setattr(documents, "read_rest", broken)
    answer = await merchant.get("/console/shops/demo")
    assert answer.status_code == 500
    assert all(answer.headers.get(name) == value for name, value in HEADERS.items())
    assert "Traceback" not in answer.text and "msgspec" not in answer.text


async def test_a_store_that_is_away_or_full_is_no_fault_of_ours(
    merchant: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = RedisConnectionError("Error 111 connecting to 10.0.0.9:6379. Connection refused.")
    for words, fault in {"cannot be reached": gone, "memory is full": OutOfMemoryError("no")}.items():

        async def away(*args: object, fault: Exception = fault) -> None:
            raise fault

        monkeypatch.setattr(users, "read_session", away)
        page = await merchant.get("/console/shops/demo")
        assert page.status_code == 503 and words in page.text and "Try again in a moment" in page.text
        assert "10.0.0.9" not in page.text


def test_the_policy_allows_nothing_inline_and_nothing_evaluated() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("at", [at for method, at in CLOSED if method == "POST"])
@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "made-up"}])
async def test_a_change_without_the_sessions_token_is_refused(
    merchant: Browser, redis: Client, at: str, form: dict[str, str]
) -> None:
    await install(redis)
    assert (await merchant.post(at, data=form | {"live": "off"})).status_code == 403


def test_templates_hold_nothing_inline() -> None:
    """The policy would stop it; this says so before a browser does."""
    for file in (Path(console.__file__).parent / "templates").glob("*.html"):
        text = file.read_text()
        assert not re.search(
            r"<script(?![^>]*\bsrc=)[^>]*>\s*\S|<style|\sstyle=|\son\w+=|javascript:|\|\s*safe\b", text
        ), file


async def test_assets_are_kept_by_their_hash_and_nothing_else_is_served(merchant: Browser) -> None:
    page = (await merchant.get("/console")).text
    found = re.search(r'href="(/console/static/console\.css\?v=[0-9a-f]{12})"', page)
    assert found
    assert "immutable" in (await merchant.get(found[1])).headers["cache-control"]
    for name in ("..%2f..%2fpyproject.toml", "app.py", "versions.json"):
        assert (await merchant.get(f"/console/static/{name}")).status_code == 404


def test_a_missing_build_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="npm run build"):
        find_assets(tmp_path)
