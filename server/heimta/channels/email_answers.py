"""What an SMTP server's answer means for the message and for the address it was for.

RFC 5321 section 4.2: 4yz may pass, 5yz stays. RFC 3463: the enhanced code behind it says what is wrong, and
only what is wrong with the *address* makes the address dead: a policy (5.7), a full box (5.2.2) or a server
that does not like us says nothing about it. The same table reads bounces, which come back later
(rules/mail/bounces.py has it from model/mail_status.py). A 550 without such a code may be about anything:
Exim refuses each recipient so, `550 Sender verify failed`, when it is the *sender* that it does not take.
"""

from __future__ import annotations

import re

from heimta.channels.result import Delivery, failed, gone
from heimta.model.mail_status import is_dead

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
# Says that a login or TLS is missing or was refused, at whatever command.
_LOGIN = (530, 534, 535, 538)
AWAY_S = 60.0


def away(reason: str) -> Delivery:
    """It is not about this message: the server does not take any now. All that is for it waits a minute, and
    no message spends a try on a server that is down or a password that is being changed; lateness ends it.
    """
    return Delivery("failed", reason=reason, retry_after_s=AWAY_S, away=True)


def judge(stage: str, code: int, text: str) -> Delivery:
    """stage: what was said when the server refused: connect, login, mail, rcpt or data."""
    found = _ENHANCED.match(text)
    status = found[1] if found else ""
    reason = f"smtp_{code}" + (f"_{status}" if status else "")
    if stage == "login" or code in _LOGIN:
        return away("smtp_login")
    if stage == "connect":
        return away(reason)
    if code < 500:
        return failed(reason, permanent=False)
    if stage != "mail" and is_dead(status):
        return gone(reason)
    return failed(reason, permanent=True)
