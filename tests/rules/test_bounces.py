"""What came back: only a program's word for a dead address or a complaint counts, and only of our mails."""

from __future__ import annotations

import pytest

from heimta.rules.mail.bounces import Report, read_report
from heimta.rules.mail.returns import make_return, read_returns
from heimta.rules.tokens import make_preferences

KEY, OTHER_KEY = "s" * 43, "o" * 43
VISITOR, MARK = "A" * 22, "0a1b2c"
BACK = make_return(KEY, "demo", "bounces@shop.example", VISITOR, MARK)

DSN = """\
From: MAILER-DAEMON@mx.example
To: <{to}>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Fri, 21 Nov 2025 21:20:00 +0000

Final-Recipient: rfc822; anna@mail.example
Original-Recipient: rfc822;anna@mail.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b1
Content-Type: message/rfc822

From: Shop <hello@shop.example>
Message-ID: <abc@shop.example>

hi
--b1--
"""

# As Exim writes it (deliver.c): 5.0.0 whatever was answered, and the answer behind `smtp;`, its lines folded.
EXIM = """\
From: Mail Delivery System <Mailer-Daemon@mail.shop.example>
To: {to}
References: <abc@shop.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=1763760000-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1763760000-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1763760000-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.shop.example

Action: failed
Final-Recipient: rfc822;anna@mail.example
{status}Remote-MTA: dns; mx.mail.example
{answer}
--1763760000-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <{to}>
Message-ID: <abc@shop.example>

hi
--1763760000-eximdsn-1804289383--
"""

ARF = """\
From: <abusedesk@mail.example>
To: <abuse@shop.example>
Subject: FW: Your cart waits
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--part1
Content-Type: {inner}

From: Shop <hello@shop.example>
List-Unsubscribe: <https://edge.example/u/{token}>
Subject: Your cart waits

--part1--
"""


UNAVAILABLE = "Requested action not taken: mailbox unavailable"


def read(text: str) -> Report:
    return read_report(text.replace("\n", "\r\n").encode(), shop="demo", key=KEY)


def dsn(*, to: str = BACK, action: str = "failed", status: str = "5.1.1") -> str:
    return DSN.format(to=to, action=action, status=status)


def test_a_dead_address_is_known_by_the_return_address_and_the_status() -> None:
    assert read(dsn()) == Report("dead", ((VISITOR, MARK),), "5.1.1")


@pytest.mark.parametrize("shape", [str.upper, str.lower, str], ids=["capitals", "small", "as made"])
def test_a_server_may_change_the_letters(shape: type[str]) -> None:
    local, _, domain = BACK.rpartition("@")
    assert read(dsn(to=f"{shape(local)}@{domain}")).marks == ((VISITOR, MARK),)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("delayed", "4.4.1"),
        ("failed", "4.4.7"),
        ("failed", "5.2.2"),
        ("failed", "5.7.1"),
        ("relayed", "5.1.1"),
        ("delivered", "2.1.5"),
    ],
)
def test_a_delay_a_full_box_or_a_policy_kills_no_address(action: str, status: str) -> None:
    assert read(dsn(action=action, status=status)).kind == "other"


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        ("Status: 5.0.0\n", "smtp; 550 5.1.1 <anna@mail.example>: no such user", "5.1.1"),
        ("Status: 5.0.0\n", "smtp; 550-5.1.1 The account does not exist.\n 550 5.1.1 Try another.", "5.1.1"),
        ("Status: 4.0.0\n", "smtp; 550 5.2.1 it is off", "5.2.1"),
        ("", "SMTP; 550 5.1.1 no such user", "5.1.1"),
        ("Status: 5.0.0\n", "smtp; 550 5.7.1 policy, not 5.1.1", ""),
        ("Status: 5.0.0\n", "smtp; 550 no such user 5.1.1", ""),
        ("Status: 5.0.0\n", "x-unix; 550 5.1.1", ""),
        ("Status: 5.0.0\n", "", ""),
        ("Status: 5.7.1\n", "smtp; 550 5.1.1 no such user", ""),
        # Outlook.com, which has no other word for it.
        ("Status: 5.5.0\n", "smtp; 550 5.5.0 Requested action not\n taken: mailbox unavailable", "5.5.0"),
        ("Status: 5.5.0\n", "smtp; 550 5.5.0 what was that", ""),
        # GMX and WEB.DE, who have no codes; the second is about who sends.
        ("Status: 5.0.0\n", f"smtp; 550-{UNAVAILABLE}\n 550 For explanation visit https://gmx", "5.0.0"),
        ("Status: 5.0.0\n", f"smtp; 550-{UNAVAILABLE}\n 550 Sender address is not allowed.", ""),
        # Yahoo and AOL have none, either.
        (
            "Status: 5.0.0\n",
            "smtp; 554 delivery error: dd This user doesn't have a yahoo.com account",
            "5.0.0",
        ),
        ("Status: 5.0.0\n", "smtp; 552 1 Requested mail action aborted, mailbox not found", "5.0.0"),
        ("Status: 5.0.0\n", "smtp; 554 30 Sorry, it cannot be delivered. This mailbox is disabled", "5.0.0"),
        # Microsoft 365: nobody of that name in its customer's directory.
        (
            "Status: 5.4.1\n",
            "smtp; 550 5.4.1 Recipient address rejected:\n Access denied. AS(201806281)",
            "5.4.1",
        ),
        ("Status: 5.0.0\n", "smtp; 550 5.4.1 Recipient address rejected: Access denied.", "5.4.1"),
        ("Status: 5.4.1\n", "smtp; 550 5.4.1 no answer from host", ""),
    ],
    ids=range(19),
)
def test_where_the_status_says_nothing_the_other_servers_answer_counts(
    status: str, answer: str, expected: str
) -> None:
    told = f"Diagnostic-Code: {answer}\n" if answer else ""
    report = read(EXIM.format(to=BACK, status=status, answer=told))
    assert report.kind == ("dead" if expected else "other")
    if expected:
        assert report == Report("dead", ((VISITOR, MARK),), expected)


def test_an_absence_note_changes_nothing() -> None:
    note = f"From: anna@mail.example\nTo: <{BACK}>\nAuto-Submitted: auto-replied\n\nfailed 5.1.1, away.\n"
    assert read(note).kind == "other"


def test_nobody_can_make_a_return_address_up() -> None:
    forged = make_return(OTHER_KEY, "demo", "bounces@shop.example", VISITOR, MARK)
    other_shop = make_return(KEY, "other", "bounces@shop.example", VISITOR, MARK)
    assert read(dsn(to=forged)).marks == read(dsn(to=other_shop)).marks == ()
    for place in range(len("bounces+"), BACK.index("@")):
        other = "a" if BACK[place] != "a" else "b"
        assert read_returns(KEY, "demo", BACK[:place] + other + BACK[place + 1 :]) == []


HUB = "." + "h" * 21


@pytest.mark.parametrize("inner", ["message/rfc822", "text/rfc822-headers"])
def test_a_complaint_is_known_by_our_own_link(inner: str) -> None:
    token = make_preferences(KEY, "demo", VISITOR)
    assert read(ARF.format(kind="abuse", token=token, inner=inner)) == Report("complaint", ((VISITOR, ""),))
    mailed = make_preferences(KEY, "demo", VISITOR, HUB)
    both = Report("complaint", ((HUB, ""), (VISITOR, "")))
    assert read(ARF.format(kind="abuse", token=mailed, inner=inner)) == both
    assert read(ARF.format(kind="not-spam", token=token, inner=inner)).kind == "other"
    forged = make_preferences(OTHER_KEY, "demo", VISITOR)
    assert read(ARF.format(kind="abuse", token=forged, inner=inner)).marks == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=x\n\n--x\n--x\n--x--",
        b"Content-Type: multipart/mixed; boundary=\n\n",
        b"Content-Type: message/delivery-status\n\nStatus: " + b"9" * 5000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000)),
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"x" * (1024 * 1024 + 1),
    ],
    ids=["empty", "bytes", "open", "no boundary", "long", "nested", "in itself", "large"],
)
def test_whatever_is_sent_is_read_and_nothing_follows(raw: bytes) -> None:
    assert read_report(raw, shop="demo", key=KEY).kind == "other"
