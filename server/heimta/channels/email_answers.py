"""What an SMTP server's answer means for the message and for the address it was for.

RFC 5321 section 4.2: 4yz may pass, 5yz stays. RFC 3463: the enhanced code behind it says what is wrong, and
only what is wrong with the *address* makes the address dead: a policy (5.7), a full box (5.2.2) or a server
that does not like us says nothing about it. The same table reads bounces, which come back later
(rules/mail/bounces.py has it from model/mail_status.py). A 550 without such a code may be about anything:
Exim refuses each recipient so, `550 Sender verify failed`, when it is the *sender* that it does not take.

A 4yz to MAIL FROM has not heard of any recipient, and one that names a quota or its own load is about no
message either: then all of the shop's mails wait (`away`). What greylists says 450 or 451 at RCPT and wants
this message again some minutes later; six tries in a quarter of an hour outlast it.
"""

from __future__ import annotations

import re

from heimta.channels.result import FULL_S, MOMENT_S, Delivery, away, failed, gone
from heimta.model.mail_status import is_dead

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
# Says that a login or TLS is missing or was refused, at whatever command.
_LOGIN = (530, 534, 535, 538)
# A last word that is meant for a day or an hour that is used up: Google's (`mail system congestion`),
# Microsoft's and cPanel's. By code or by their very words: anybody else's `quota exceeded` is a full box.
_QUOTA = frozenset({"5.4.5", "5.1.90"})
_USED_UP = re.compile(
    r"submission ?quota ?exceeded|exceeded the max (emails|defers and failures) per hour", re.IGNORECASE
)
# The server takes no mail at all, or is overloaded (RFC 3463 sections 3.4 and 3.5).
_OVERLOADED = ("4.3.2", "4.4.5")
_RATE = re.compile(r"\b(quota|rate|limit\w*|throttl\w*|too (many|much))\b", re.IGNORECASE)
# Of a second or of connections, not of an hour: Amazon's `Maximum sending rate exceeded`, and Microsoft's
# `sender thread limit exceeded`, which is more than three at once. With ten minutes for each of these most of
# a morning's mails would never leave.
_MOMENT = re.compile(r"\b(sending|submission) rate\b|\bthread limit\b|\bconcurrent\b", re.IGNORECASE)
# About one box, one message, or a stranger who has to wait a while: said with some of the same words.
_OTHER = re.compile(r"mailbox|inbox|over ?quota|storage|disk|size|gr[ae]ylist", re.IGNORECASE)


def judge(stage: str, code: int, text: str) -> Delivery:
    """stage: what was said when the server refused: connect, login, mail, rcpt or data."""
    found = _ENHANCED.match(text)
    status = found[1] if found else ""
    reason = f"smtp_{code}" + (f"_{status}" if status else "")
    if stage == "login" or code in _LOGIN:
        return away("smtp_login")
    if stage == "connect":
        return away(reason)
    if status in _QUOTA or _USED_UP.search(text) or (code < 500 and _is_quota(status, text)):
        return away(reason, MOMENT_S if _MOMENT.search(text) else FULL_S)
    if code < 500:
        is_down = stage == "mail" or status in _OVERLOADED
        return away(reason) if is_down else failed(reason, permanent=False)
    if stage != "mail" and is_dead(status, text):
        return gone(reason)
    return failed(reason, permanent=True)


def _is_quota(status: str, text: str) -> bool:
    """Whether what we may send is used up for now. 4.1 and 4.2 are about the recipient, whatever is said."""
    if status.startswith(("4.1.", "4.2.")) or _OTHER.search(text):
        return False
    return _RATE.search(text) is not None
