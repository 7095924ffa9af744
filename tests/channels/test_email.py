"""E-mail over a real SMTP server: connections, TLS, login, and what each answer means."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import msgspec
import pytest

from heimta.channels.email import Envelope, Server, Smtp
from heimta.channels.email_answers import judge
from heimta.channels.result import BUSY, FULL_S, MOMENT_S, SENT, Delivery, away, failed, gone, unknown
from tests.stubs.smtp import PASSWORD, MailServer, certificate

MAIL = Envelope("bounces@shop.example", "anna@mail.example", b"Subject: hi\r\n\r\nhello\r\n.dot\r\n")


def at(server: MailServer, **more: object) -> Server:
    given = {"tls": "none", "name": "shop.example", **more}
    return Server("127.0.0.1", server.port, **given)  # type: ignore[arg-type]


async def test_a_mail_arrives_as_it_was_given() -> None:
    async with MailServer() as server:
        smtp = Smtp()
        assert await smtp.send(at(server), MAIL) == SENT
        await smtp.close()
    [mail] = server.mails
    assert (mail.mail_from, mail.to, mail.data) == (MAIL.sender, [MAIL.recipient], MAIL.data)


async def test_connections_are_kept_and_never_more_than_the_shop_allows() -> None:
    async with MailServer() as server:
        smtp = Smtp()
        where = at(server, connections=3)
        for _ in range(4):
            assert await asyncio.gather(*(smtp.send(where, MAIL) for _ in range(6))) == [SENT] * 6
        await smtp.close()
    assert len(server.mails) == 24
    assert server.lines <= 3 and server.most <= 3


async def test_shops_that_share_a_login_share_its_connections_whatever_number_each_has() -> None:
    """Each goes by its own number, and counts the other's connections in it."""
    async with MailServer() as server:
        smtp = Smtp()
        two, three = at(server, connections=2), at(server, connections=3)
        for _ in range(4):
            sends = [smtp.send(where, MAIL) for _ in range(6) for where in (two, three)]
            assert await asyncio.gather(*sends) == [SENT] * 12
        assert server.lines <= 3
        server.slow.clear()
        held = [asyncio.create_task(smtp.send(three, MAIL)) for _ in range(2)]
        while server.open < 2:
            await asyncio.sleep(0.01)
        assert await smtp.send(two, MAIL) == failed(BUSY, permanent=False)
        server.slow.set()
        assert await asyncio.gather(*held) == [SENT] * 2
        await smtp.close()


async def test_whoever_finds_all_connections_taken_comes_back_rather_than_waits() -> None:
    """A message that was claimed must not stand in a queue until the order has come."""
    async with MailServer() as server:
        server.slow.clear()
        smtp = Smtp()
        where = at(server, connections=1)
        first = asyncio.create_task(smtp.send(where, MAIL))
        while not server.open:
            await asyncio.sleep(0.01)
        assert await smtp.send(where, MAIL) == failed(BUSY, permanent=False)
        server.slow.set()
        assert await first == SENT
        await smtp.close()
    assert len(server.mails) == 1


async def test_a_line_that_the_server_dropped_meanwhile_costs_nothing() -> None:
    async with MailServer() as server:
        smtp = Smtp()
        assert await smtp.send(at(server), MAIL) == SENT
        server.hang_up()
        assert await smtp.send(at(server), MAIL) == SENT
        await smtp.close()
    assert len(server.mails) == 2 and server.lines == 2


async def test_a_server_that_ends_a_line_after_some_messages_gets_the_next_by_another() -> None:
    async with MailServer() as server:
        smtp = Smtp()
        assert await smtp.send(at(server), MAIL) == SENT
        server.fail("MAIL", "421 4.7.0 Too many messages in this connection")
        assert await smtp.send(at(server), MAIL) == SENT
        server.fail("MAIL", *["421 4.7.0 Too many messages from you"] * 2)
        assert await smtp.send(at(server), MAIL) == away("smtp_421_4.7.0", FULL_S)
        await smtp.close()
    assert len(server.mails) == 2 and server.lines == 3


async def test_one_shops_password_never_uses_anothers_connection(tmp_path: Path) -> None:
    context, trust = certificate(tmp_path)
    async with MailServer(context, login=True) as server:
        smtp = Smtp(trust=lambda: trust)
        where = Server("localhost", server.port, "starttls", "shop.example", "shop", PASSWORD)
        assert await smtp.send(where, MAIL) == SENT
        refused = await smtp.send(msgspec.structs.replace(where, password="guess"), MAIL)
        assert refused == away("smtp_login")
        await smtp.close()
    assert [mail.login for mail in server.mails] == [True]


def test_a_password_is_in_no_repr() -> None:
    assert PASSWORD not in repr(Server("h", 1, "none", "n", user="u", password=PASSWORD))


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
async def test_tls_is_spoken_and_its_certificate_checked(tmp_path: Path, implicit: bool) -> None:
    context, trust = certificate(tmp_path)
    async with MailServer(context, implicit=implicit) as server:
        where = Server("localhost", server.port, "implicit" if implicit else "starttls", "shop.example")
        trusting, doubting = Smtp(trust=lambda: trust), Smtp()
        assert await trusting.send(where, MAIL) == SENT
        assert await doubting.send(where, MAIL) == away("tls")
        await trusting.close()
    assert [mail.is_tls for mail in server.mails] == [True]


async def test_a_server_without_tls_gets_nothing_when_tls_is_wanted() -> None:
    async with MailServer() as server:
        smtp = Smtp(trust=ssl.create_default_context)
        assert await smtp.send(at(server, tls="starttls"), MAIL) == away("tls")
    assert server.mails == []


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("MAIL", "451 4.3.0 try later", away("smtp_451_4.3.0")),
        ("MAIL", "454 4.7.0 Throttling failure: Daily quota exceeded", away("smtp_454_4.7.0", FULL_S)),
        ("MAIL", "550 5.1.1 who are you", failed("smtp_550_5.1.1", permanent=True)),
        ("MAIL", "530 5.7.0 must issue STARTTLS first", away("smtp_login")),
        ("MAIL", "454 Throttling failure: Maximum sending rate exceeded.", away("smtp_454", MOMENT_S)),
        (
            "DATA",
            "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
            away("smtp_432_4.3.2", MOMENT_S),
        ),
        ("RCPT", "450 4.2.0 greylisted", failed("smtp_450_4.2.0", permanent=False)),
        ("RCPT", "451 4.7.1 Greylisting: rate of a stranger", failed("smtp_451_4.7.1", permanent=False)),
        ("RCPT", "451 Temporarily deferred", failed("smtp_451", permanent=False)),
        ("RCPT", "450 4.7.1 Policy: message quota exceeded", away("smtp_450_4.7.1", FULL_S)),
        ("RCPT", "451 shop.example has exceeded its limit an hour", away("smtp_451", FULL_S)),
        ("RCPT", "452 4.2.2 Anna is over her quota", failed("smtp_452_4.2.2", permanent=False)),
        ("RCPT", "450 4.2.1 Anna gets mail at a high rate", failed("smtp_450_4.2.1", permanent=False)),
        ("RCPT", "452 mailbox limit reached", failed("smtp_452", permanent=False)),
        ("RCPT", "451 4.3.2 not accepting mail", away("smtp_451_4.3.2")),
        ("DATA", "451 4.4.5 busy", away("smtp_451_4.4.5")),
        ("DATA", "421 4.7.0 Too many messages", away("smtp_421_4.7.0", FULL_S)),
        ("DATA", "550 5.4.5 Daily sending quota exceeded", away("smtp_550_5.4.5", FULL_S)),
        ("DATA", "550 5.1.90 You've reached your daily limit of recipients", away("smtp_550_5.1.90", FULL_S)),
        (
            "DATA",
            "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
            away("smtp_554_5.2.0", FULL_S),
        ),
        (
            "RCPT",
            "550 Domain shop.example has exceeded the max emails per hour (150/150 (100%)) allowed.",
            away("smtp_550", FULL_S),
        ),
        (
            "DATA",
            "554 5.2.0 STOREDRV.Submission.Exception:SendAsDenied",
            failed("smtp_554_5.2.0", permanent=True),
        ),
        ("DATA", "550 5.2.2 Submission quota exceeded", away("smtp_550_5.2.2", FULL_S)),
        ("RCPT", "552 5.2.2 quota exceeded", failed("smtp_552_5.2.2", permanent=True)),
        ("DATA", "552 5.3.4 message size exceeds limit", failed("smtp_552_5.3.4", permanent=True)),
        ("RCPT", "550 5.1.1 no such user", gone("smtp_550_5.1.1")),
        (
            "RCPT",
            "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
            gone("smtp_550_5.5.0"),
        ),
        ("RCPT", "550 5.4.1 Recipient address rejected: Access denied.", gone("smtp_550_5.4.1")),
        ("RCPT", "550 Requested action not taken: mailbox unavailable", failed("smtp_550", permanent=True)),
        ("RCPT", "550 5.5.0 Command rejected", failed("smtp_550_5.5.0", permanent=True)),
        ("RCPT", "550 Sender verify failed", failed("smtp_550", permanent=True)),
        ("RCPT", "550 relay not permitted", failed("smtp_550", permanent=True)),
        ("RCPT", "551 user not local", failed("smtp_551", permanent=True)),
        ("RCPT", "553 not allowed", failed("smtp_553", permanent=True)),
        ("RCPT", "550 5.7.1 policy", failed("smtp_550_5.7.1", permanent=True)),
        ("RCPT", "552 5.2.2 mailbox full", failed("smtp_552_5.2.2", permanent=True)),
        ("DATA", "554 5.7.1 looks like spam", failed("smtp_554_5.7.1", permanent=True)),
        ("DATA", "550 5.1.1 no such user", gone("smtp_550_5.1.1")),
        ("DATA", "550 refused", failed("smtp_550", permanent=True)),
        ("DATA", "452 4.3.1 disk full", failed("smtp_452_4.3.1", permanent=False)),
    ],
)
async def test_each_answer_has_its_meaning_and_the_line_is_kept(
    stage: str, answer: str, expected: Delivery
) -> None:
    async with MailServer() as server:
        server.fail(stage, answer)
        smtp = Smtp()
        assert await smtp.send(at(server), MAIL) == expected
        assert await smtp.send(at(server), MAIL) == SENT
        await smtp.close()
    assert server.lines == 1


def test_a_wrong_password_can_still_be_mended() -> None:
    assert judge("login", 535, "5.7.8 no") == away("smtp_login")
    assert judge("connect", 554, "go away") == away("smtp_554")


async def test_what_was_cut_off_after_the_last_dot_is_unknown() -> None:
    async with MailServer() as server:
        server.slow.clear()
        smtp = Smtp(last_s=0.2)
        assert await smtp.send(at(server), MAIL) == unknown("timeout")
        hung = asyncio.create_task(smtp.send(at(server), MAIL))
        while server.open < 2:
            await asyncio.sleep(0.01)
        server.hang_up()
        assert await hung in (unknown("connection"), unknown("timeout"))


async def test_nobody_there_is_tried_again() -> None:
    async with MailServer() as server:
        where = at(server)
    assert await Smtp().send(where, MAIL) == away("connection")
