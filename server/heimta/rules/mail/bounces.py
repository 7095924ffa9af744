"""What a mail that came back says: which address is dead, who complained. Pure.

Only reports that a program wrote and a program can read count: delivery status notifications (RFC 3464) that
say `failed` with a code that means a dead address, and abuse reports (RFC 5965). Absence notes, delays, full
boxes and whatever else finds its way to the return address change nothing. Whose it is stands in the return
address or in our own List-Unsubscribe, both sealed by this shop: nobody can report anybody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Literal

from msgspec import Struct

from heimta.model.mail_status import UNSAID, is_dead
from heimta.rules.mail.returns import read_returns
from heimta.rules.tokens import BadToken, read_preferences

MAX_BYTES = 1024 * 1024  # of one report; it may hold the whole mail
MAX_PARTS = 200
MAX_BOUNDARIES = 50  # parts in parts cost the library their square; a report and the mail in it have a few
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# What the other server answered: `smtp; 550 5.1.1 …`, in its first line.
_ANSWER = re.compile(r"\s*smtp\s*;\s*[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE)
_LINK = re.compile(r"/u/([A-Za-z0-9._-]{1,300})")


class Report(Struct, frozen=True):
    """kind: `dead`, `complaint`, or `other`: nothing follows. marks: (visitor, mark of the address; '' for a
    complaint). status: RFC 3463's code of a bounce, as it was told.
    """

    kind: Literal["dead", "complaint", "other"]
    marks: tuple[tuple[str, str], ...] = ()
    status: str = ""


def read_report(raw: bytes, *, shop: str, key: str) -> Report:
    """Never raises for what somebody sent. key: the shop's signing key."""
    if len(raw) > MAX_BYTES or raw.lower().count(b"boundary") > MAX_BOUNDARIES:
        return Report("other")
    try:
        mail = message_from_bytes(raw, policy=compat32)
    except RecursionError:  # a part in a part in a part, a thousand times: nobody's report
        return Report("other")
    parts = list(_parts(mail))
    text = raw.decode("ascii", errors="replace")
    returns = read_returns(key, shop, text)
    if any(part.get_content_type() == "message/feedback-report" for part in parts):
        if not _is_abuse(parts):
            return Report("other")
        visitors = {visitor for visitor, _ in returns} | _unsubscribers(parts, shop, key)
        return Report("complaint", tuple((visitor, "") for visitor in sorted(visitors)))
    status = next((code for code, answer in _failures(parts) if is_dead(code, answer)), "")
    if not status:
        return Report("other", status=next((code for code, _ in _failures(parts)), ""))
    return Report("dead", tuple(returns), status)


def _parts(mail: Message) -> Iterator[Message]:
    """All parts, those of enclosed mails too; a report nested for the fun of it ends somewhere."""
    waiting = [mail]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        inner = part.get_payload()
        if isinstance(inner, list):
            waiting += [one for one in inner if isinstance(one, Message)]


def _failures(parts: list[Message]) -> Iterator[tuple[str, str]]:
    """(code, what the other server answered) of those recipients who got nothing for good. Each is a block of
    headers (RFC 3464, 2.3).
    """
    for part in parts:
        if str(part.get("Action", "")).split(";")[0].strip().lower() == "failed":
            found = _STATUS.search(str(part.get("Status", "")))
            status, answer = found[1] if found else "", str(part.get("Diagnostic-Code", ""))
            if status in UNSAID:
                answered = _ANSWER.match(answer)
                status = answered[1] if answered else status
            if status:
                yield status, answer


def _is_abuse(parts: list[Message]) -> bool:
    """The report's own fields are a block of headers in a part of their own (RFC 5965 section 3.1)."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            inner = part.get_payload()
            told = "".join(str(one) for one in inner) if isinstance(inner, list) else str(inner)
            return re.search(r"^feedback-type:\s*abuse\b", told, re.IGNORECASE | re.MULTILINE) is not None
    return False


def _unsubscribers(parts: list[Message], shop: str, key: str) -> set[str]:
    """Whose mail it was, and its address's hub, by the link in its header; the enclosed headers may be a part
    of their own.
    """
    found = set()
    for part in parts:
        told = str(part.get("List-Unsubscribe", ""))
        if part.get_content_type() == "text/rfc822-headers":
            told += str(part.get_payload())
        for token in _LINK.findall(told):
            try:
                if token.startswith(f"{shop}."):
                    found |= set(read_preferences(key, token)) - {""}
            except BadToken:
                continue
    return found
