"""The bytes of an e-mail: both parts, and the headers that let programs unsubscribe, thread and bounce it.

Message-ID is made of the message's own id: sent again after a crash it is the same, and a server or program
that knows the id shows one. Both parts go as quoted-printable: ASCII lines that no relay has to rewrite, so
a DKIM signature stays whole.

RFC 5322 (headers), 2047 (their words), 2369 and 8058 (List-Unsubscribe, one click), 3834 (Auto-Submitted),
2046 (alternative).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from msgspec import Struct

from heimta.model.one_line import one_line

MAX_SUBJECT = 250  # characters


class Parts(Struct, frozen=True):
    """What stands in an e-mail. Names and addresses apart, so that nothing has to be quoted by hand.

    sender, reply_to: (display name, address in ASCII). unsubscribe: where one click ends it; '' for a service
    message, which nobody subscribed to. at: ms.
    """

    id: str
    sender: tuple[str, str]
    to: str
    subject: str
    html: str
    text: str
    lang: str
    at: int
    reply_to: tuple[str, str] | None = None
    unsubscribe: str = ""


def build(parts: Parts) -> bytes:
    mail = EmailMessage(SMTP)
    mail["Date"] = format_datetime(datetime.fromtimestamp(parts.at // 1000, UTC))
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parts.text, cte="quoted-printable")
    mail.add_alternative(parts.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = parts.lang  # set before, it would go with the text part alone
    return _headers(parts) + mail.as_bytes()


def _headers(parts: Parts) -> bytes:
    """Headers that the library spoils. One long word it would encode where it does not fit into 78
    characters, and no program reads an encoded link or address; a line may have 998. And of a text with
    other letters than ASCII it loses the space at which it folds.
    """
    lines = [
        f"Message-ID: <{parts.id}@{parts.sender[1].rpartition('@')[2]}>",
        _mailbox("From", *parts.sender),
        f"To: {parts.to}",
        f"Subject: {_encoded('Subject', one_line(parts.subject)[:MAX_SUBJECT])}",
    ]
    if parts.reply_to is not None:
        lines.append(_mailbox("Reply-To", *parts.reply_to))
    if parts.unsubscribe:
        lines.append(f"List-Unsubscribe: <{parts.unsubscribe}>")
        if parts.unsubscribe.startswith("https://"):  # RFC 8058 section 3.1 allows no other
            lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    for line in lines:
        parted = line.split("\r\n ")
        if not all(len(part) <= 998 and part.isascii() and part.isprintable() for part in parted):
            raise ValueError(f"{line.partition(':')[0]} is no line of a header")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _mailbox(header: str, name: str, address: str) -> str:
    """`From: "Shop, Inc." <hello@shop.example>`: a name that is no plain words is quoted or encoded."""
    words = one_line(name)
    said = _encoded(header, words)
    return f"{header}: {formataddr((words, address)) if said == words else f'{said} <{address}>'}"


def _encoded(header: str, text: str) -> str:
    """As it is where it is ASCII, however long. What is in other letters, or looks encoded, is encoded whole:
    a space between two encoded words is none (RFC 2047 section 6.2), so each stands inside one.
    """
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76, header_name=header).encode(linesep="\r\n")
