"""The bytes of an e-mail: both parts, and the headers that let programs unsubscribe, thread and bounce it.

Message-ID is made of the message's own id: sent again after a crash it is the same, and a server or program
that knows the id shows one. Both parts go as quoted-printable: ASCII lines that no relay has to rewrite, so
a DKIM signature stays whole.

RFC 5322 (headers), 2369 and 8058 (List-Unsubscribe, one click), 3834 (Auto-Submitted), 2046 (alternative).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from msgspec import Struct

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
    mail["From"] = _address(*parts.sender)
    mail["To"] = _address("", parts.to)
    if parts.reply_to is not None:
        mail["Reply-To"] = _address(*parts.reply_to)
    mail["Subject"] = one_line(parts.subject)[:MAX_SUBJECT]
    mail["Date"] = format_datetime(datetime.fromtimestamp(parts.at // 1000, UTC))
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parts.text, cte="quoted-printable")
    mail.add_alternative(parts.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = parts.lang  # set before, it would go with the text part alone
    return _long_headers(parts) + mail.as_bytes()


def _long_headers(parts: Parts) -> bytes:
    """Headers that hold one long word. The library would encode what does not fit into 78 characters, and no
    program reads an encoded link; a line may have 998.
    """
    lines = [f"Message-ID: <{parts.id}@{parts.sender[1].rpartition('@')[2]}>"]
    if parts.unsubscribe:
        lines.append(f"List-Unsubscribe: <{parts.unsubscribe}>")
        if parts.unsubscribe.startswith("https://"):  # RFC 8058 section 3.1 allows no other
            lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    for line in lines:
        if len(line) > 998 or not line.isascii() or not line.isprintable():
            raise ValueError(f"{line.partition(':')[0]} is no line of a header")
    return "".join(f"{line}\r\n" for line in lines).encode()


def one_line(text: str) -> str:
    """For a header: what a shopper or a shop wrote must not begin another one."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _address(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(one_line(name), local, domain)
