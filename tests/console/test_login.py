"""Logging in: what it takes, what it sets, and what guessing meets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import anyio.from_thread
import httpx2
import pytest
from starlette.applications import Starlette

from heimta.console import users as passwords
from heimta.console.app import create_app
from heimta.console.guard import safe_next
from heimta.console.login import _hash
from heimta.console.users import UserError, add_user, remove_user
from heimta.store import keys, users
from heimta.store.connect import Client
from tests.console.browser import EMAIL, PASSWORD, Browser, token_in
from tests.console.seed import DAY_MS, NOW, PARTITIONS


@pytest.fixture(autouse=True)
async def user(redis: Client) -> None:
    await add_user(redis, EMAIL, PASSWORD, now=NOW)


async def test_the_right_password_opens_the_console(anyone: Browser) -> None:
    answer = await anyone.log_in()
    cookie = answer.headers["set-cookie"].lower()
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert "heimta_session=" in cookie and "httponly" in cookie and "samesite=lax" in cookie
    assert (await anyone.get("/console")).status_code == 200  # no shop yet, and it says so


async def test_an_unknown_user_and_a_wrong_password_get_the_same_answer(anyone: Browser) -> None:
    wrong = await anyone.log_in(password="wrong password")
    unknown = await anyone.log_in(email="nobody@shop.example")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace(EMAIL, "") == unknown.text.replace("nobody@shop.example", "")


async def test_an_unknown_user_costs_the_same_work(anyone: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = passwords._verify

    def count(known: str, password: str) -> bool:
        verified.append(known.rsplit("$", 2)[0])  # the parameters, without salt and hash
        return real(known, password)

    monkeypatch.setattr(passwords, "_verify", count)
    await anyone.log_in(password="wrong password")
    await anyone.log_in(email="nobody@shop.example")
    assert len(verified) == 2 and verified[0] == verified[1]
    assert verified[0].startswith("$argon2id$")


async def test_a_password_is_not_kept(redis: Client) -> None:
    user = await users.get(redis, EMAIL)
    assert user is not None and PASSWORD not in user.password and user.password.startswith("$argon2id$")


async def tries(browser: Browser, count: int, **form: str) -> list[httpx2.Response]:
    return [await browser.log_in(**{"password": "wrong password"} | form) for _ in range(count)]


def browser_at(app: Starlette, address: str) -> Browser:
    browser = Browser(app)
    browser._transport = httpx2.ASGITransport(app=app, client=(address, 1))
    return browser


async def test_the_tenth_guess_at_an_account_has_to_wait(app: Starlette) -> None:
    """From ten addresses, so that it is the account that counts."""
    for n in range(10):
        async with browser_at(app, f"203.0.113.{n}") as browser:
            last = await browser.log_in(password="wrong password")
    assert last.status_code == 429
    assert 1 <= int(last.headers["retry-after"]) <= 60


async def test_a_stranger_at_one_address_keeps_no_merchant_out(app: Starlette, redis: Client) -> None:
    account = keys.wait(f"a:{_hash(EMAIL)}")
    async with browser_at(app, "203.0.113.7") as stranger:
        await tries(stranger, 8)
        await redis.delete(account)  # as after a minute
        assert {answer.status_code for answer in await tries(stranger, 8)} == {429}  # for its address
    assert not await redis.exists(account)
    async with browser_at(app, "198.51.100.1") as merchant:
        assert (await merchant.log_in()).status_code == 303


async def guess_for_ever(app: Starlette, redis: Client) -> None:
    """From so many addresses that the account is never free, and from the merchant's own, too."""
    for n in range(12):
        async with browser_at(app, f"203.0.113.{n}") as stranger:
            await stranger.log_in(password="wrong password")
    async with browser_at(app, "198.51.100.1") as neighbour:
        await tries(neighbour, 8)
    assert await redis.exists(keys.wait(f"a:{_hash(EMAIL)}"))


async def test_guessing_from_everywhere_keeps_nobody_out_who_was_in_before(
    app: Starlette, redis: Client
) -> None:
    async with browser_at(app, "198.51.100.1") as merchant:
        await merchant.log_in()
        await merchant.post("/console/logout", data={"csrf": await merchant.token("/console")})
        await guess_for_ever(app, redis)
        assert (await merchant.log_in()).status_code == 303
        assert await redis.exists(keys.wait(f"a:{_hash(EMAIL)}")), "the guesser has no new tries for that"
        async with browser_at(app, "192.0.2.1") as new:
            assert (await new.log_in()).status_code == 429


async def test_a_known_browser_guesses_no_more_than_any_address(app: Starlette, redis: Client) -> None:
    """Somebody has its cookie: they are as slow as anybody, and nobody waits for them."""
    async with browser_at(app, "198.51.100.1") as known:
        await known.log_in()
        known.cookies.delete("heimta_session")
        assert [answer.status_code for answer in await tries(known, 8)][-1] == 429
        [waits] = [key async for key in redis.scan_iter(match="wait:*")]
        assert waits.startswith(b"wait:d:")
    async with browser_at(app, "198.51.100.1") as merchant:
        assert (await merchant.log_in()).status_code == 303


@pytest.mark.parametrize("whose", ["of another user", "of the password before", "made up"])
async def test_a_browser_is_known_for_one_user_and_one_password(
    app: Starlette, redis: Client, whose: str
) -> None:
    async with browser_at(app, "198.51.100.1") as browser:
        if whose == "of another user":
            await add_user(redis, "other@shop.example", PASSWORD, now=NOW)
            await browser.log_in(email="other@shop.example")
            browser.cookies.delete("heimta_session")
        elif whose == "of the password before":
            await browser.log_in()
            await add_user(redis, EMAIL, PASSWORD, now=NOW)  # the same again is a new one
        else:
            browser.cookies.set("heimta_device", "name.signature", domain="console.test", path="/")
        await guess_for_ever(app, redis)
        assert (await browser.log_in()).status_code == 429


@pytest.mark.parametrize(("prefix", "status"), [("2001:db8:0:1::", 429), ("2001:db8:0:%d::", 401)])
async def test_a_customers_ipv6_addresses_are_one(app: Starlette, prefix: str, status: int) -> None:
    for n in range(10):
        async with browser_at(app, f"{prefix % n if '%' in prefix else prefix}{n + 1:x}") as browser:
            last = await browser.log_in(email=f"user{n}@shop.example")
    assert last.status_code == status


async def test_the_tenth_guess_from_an_address_has_to_wait(anyone: Browser) -> None:
    answers = [await anyone.log_in(email=f"user{n}@shop.example") for n in range(10)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1


async def test_while_waiting_even_the_right_password_is_refused(anyone: Browser) -> None:
    await tries(anyone, 8)
    assert (await anyone.log_in()).status_code == 429


async def test_guesses_at_the_same_instant_are_no_way_around(anyone: Browser) -> None:
    token = await anyone.token()
    form = {"csrf": token, "email": EMAIL, "password": "wrong password"}
    answers = await asyncio.gather(*(anyone.post("/console/login", data=form) for _ in range(40)))
    assert sum(answer.status_code == 401 for answer in answers) <= 6


async def test_logging_in_often_is_not_guessing(anyone: Browser) -> None:
    for _ in range(12):
        assert (await anyone.log_in()).status_code == 303
        token = await anyone.token("/console")
        assert (await anyone.post("/console/logout", data={"csrf": token})).status_code == 303


async def test_a_login_gets_a_new_session_and_ends_the_old_one(anyone: Browser) -> None:
    anyone.cookies.set("heimta_session", "planted", domain="console.test", path="/")
    token = await anyone.token()
    form = {"csrf": token, "email": EMAIL, "password": PASSWORD}
    answer = await anyone.post("/console/login", data=form)
    first = answer.cookies["heimta_session"]
    assert first != "planted"
    again = await anyone.post(
        "/console/login",
        data=form | {"csrf": token},
        headers={"Cookie": f"heimta_form={token}; heimta_session={first}"},
    )
    assert again.cookies["heimta_session"] != first
    old = await anyone.get("/console", headers={"Cookie": f"heimta_session={first}"})
    assert old.headers["location"].startswith("/console/login")


async def test_logging_out_ends_the_session_for_whoever_holds_the_cookie(merchant: Browser) -> None:
    held = merchant.cookies["heimta_session"]
    await merchant.post("/console/logout", data={"csrf": await merchant.token("/console")})
    answer = await merchant.get("/console", headers={"Cookie": f"heimta_session={held}"})
    assert answer.status_code == 303 and "/console/login" in answer.headers["location"]


async def test_a_new_password_ends_what_the_old_one_opened(merchant: Browser, redis: Client) -> None:
    assert (await merchant.get("/console")).status_code == 200
    held = merchant.cookies["heimta_session"]
    await add_user(redis, EMAIL, "another long one", now=NOW)
    assert (await merchant.get("/console")).status_code == 303
    assert await users.read_session(redis, held) is None
    assert (await merchant.log_in(password="another long one")).status_code == 303
    assert (await merchant.get("/console")).status_code == 200


async def test_a_user_who_is_removed_is_out_at_once_and_stays_out(merchant: Browser, redis: Client) -> None:
    held = merchant.cookies["heimta_session"]
    await remove_user(redis, f" {EMAIL.upper()} ")
    refused = await merchant.post("/console/logout", data={"csrf": "any"})
    assert refused.status_code == 401 and await users.emails(redis) == []
    await add_user(redis, EMAIL, PASSWORD, now=NOW)  # the same password again is a new one
    again = await merchant.get("/console", headers={"Cookie": f"heimta_session={held}"})
    assert again.status_code == 303
    with pytest.raises(UserError, match=r"there is no user 'nobody@shop\.example'; `heimta user list` names"):
        await remove_user(redis, "nobody@shop.example")


async def test_a_session_of_a_password_that_was_replaced_meanwhile_is_none(
    anyone: Browser, redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = passwords._verify

    def slow(known: str, password: str) -> bool:
        async def replace() -> None:
            await users.add(redis, EMAIL, "a hash of another", NOW)

        anyio.from_thread.run(replace)
        return real(known, password)

    monkeypatch.setattr(passwords, "_verify", slow)
    assert (await anyone.log_in()).status_code == 303  # it was right when it was looked up
    assert (await anyone.get("/console")).status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", None])
async def test_a_login_form_from_elsewhere_is_refused(anyone: Browser, token: str | None) -> None:
    await anyone.get("/console/login")
    form = {"email": EMAIL, "password": PASSWORD} | ({} if token is None else {"csrf": token})
    assert (await anyone.post("/console/login", data=form)).status_code == 403
    async with Browser(anyone._transport.app) as fresh:  # type: ignore[attr-defined]
        assert (await fresh.post("/console/login", data=form)).status_code == 403  # no cookie at all


async def test_a_form_that_no_page_of_ours_sends_is_refused_without_reading_it_all(anyone: Browser) -> None:
    assert (await anyone.post("/console/login", content=b"x" * 20_000)).status_code == 413
    assert (await anyone.post("/console/login", content=b"csrf=\xff")).status_code == 400


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/console/shops/demo/events?paused", "/console/shops/demo/events?paused"),
        ("https://evil.example/console", "/console"),
        ("//evil.example/console", "/console"),
        ("/console\\@evil.example", "/console"),
        ("/consoleevil", "/console"),
        ("/console/\r\nSet-Cookie: a=b", "/console"),
        ("", "/console"),
    ],
)
def test_after_the_login_one_stays_on_the_console(wanted: str, goes_to: str) -> None:
    assert safe_next(wanted) == goes_to


async def test_a_page_asked_for_is_reached_after_the_login(anyone: Browser) -> None:
    refused = await anyone.get("/console/shops/demo/events?paused")
    page = (await anyone.get(refused.headers["location"])).text
    assert 'name="next" value="/console/shops/demo/events?paused"' in page


async def test_who_is_logged_in_is_sent_where_they_wanted_to_go(merchant: Browser) -> None:
    for wanted, goes_to in (
        ("/console/shops/demo/funnel", "/console/shops/demo/funnel"),
        ("//a.b", "/console"),
    ):
        answer = await merchant.get("/console/login", params={"next": wanted})
        assert (answer.status_code, answer.headers["location"]) == (303, goes_to)


async def test_a_login_page_left_open_leads_on_once_another_tab_has_logged_in(merchant: Browser) -> None:
    form = {
        "email": EMAIL,
        "password": PASSWORD,
        "csrf": "of a cookie that is gone",
        "next": "/console/shops/demo",
    }
    answer = await merchant.post("/console/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/shops/demo")


async def test_of_login_pages_opened_together_each_can_be_used(anyone: Browser, app: Starlette) -> None:
    """Each set a cookie of its own, and the last one stayed: the others ask once more, and lose nothing."""
    async with Browser(app) as first:
        lost = await first.token("/console/login?next=/console/shops/demo")
    await anyone.get("/console/login")
    form = {"csrf": lost, "email": EMAIL, "password": PASSWORD, "next": "/console/shops/demo"}
    again = await anyone.post("/console/login", data=form)
    assert again.status_code == 403 and 'name="next" value="/console/shops/demo"' in again.text
    answer = await anyone.post("/console/login", data=form | {"csrf": token_in(again.text)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/shops/demo")


@pytest.fixture
async def secure(redis: Client, static: Path) -> AsyncIterator[tuple[Browser, list[int]]]:
    now = [NOW]
    app = create_app(
        redis=redis,
        edge_url="https://edge.example",
        console_url="https://console.test",
        partitions=PARTITIONS,
        static=static,
        clock=lambda: now[0],
    )
    async with Browser(app, "https://console.test") as browser:
        yield browser, now


async def test_over_https_the_cookie_is_bound_to_the_host(secure: tuple[Browser, list[int]]) -> None:
    answer = await secure[0].log_in()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-heimta_session=") and "Secure" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"]


async def test_after_a_week_one_logs_in_again(secure: tuple[Browser, list[int]]) -> None:
    browser, now = secure
    await browser.log_in()
    now[0] += 7 * DAY_MS
    assert (await browser.get("/console")).status_code == 200
    now[0] += 1
    assert (await browser.get("/console")).status_code == 303


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("jana", PASSWORD, "'jana' is not an e-mail address"),
        ("a b@c.example", PASSWORD, "not an e-mail address"),
        ("{p01}@c.example", PASSWORD, "not an e-mail address"),
        (EMAIL, "short", "the password has 5 characters; it needs 8 to 1024"),
    ],
)
async def test_a_user_that_cannot_be_added_is_told_why(
    redis: Client, email: str, password: str, words: str
) -> None:
    with pytest.raises(UserError) as caught:
        await add_user(redis, email, password, now=NOW)
    assert words in str(caught.value)


async def test_an_address_is_found_however_it_is_written(anyone: Browser) -> None:
    assert (await anyone.log_in(email=" Jana@SHOP.example ")).status_code == 303
