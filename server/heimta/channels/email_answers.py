"""What an SMTP server's answer means for the message and for the address it was for.

RFC 5321 section 4.2: 4yz may pass, 5yz stays. RFC 3463: the enhanced code behind it says what is wrong, and
only what is wrong with the *address* makes the address dead: a policy (5.7), a full box (5.2.2) or a server
that does not like us says nothing about it. The same table reads bounces, which come back later
(rules/mail/bounces.py has it from model/mail_status.py).
"""

from __future__ import annotations

import re

from heimta.channels.result import Delivery, failed, gone
from heimta.model.mail_status import is_dead

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
# At RCPT alone, without an enhanced code: mailbox unavailable, user not local, name not allowed.
_NO_SUCH_BOX = (550, 551, 553)


def judge(stage: str, code: int, text: str) -> Delivery:
    """stage: what was said when the server refused: connect, login, mail, rcpt or data."""
    found = _ENHANCED.match(text)
    status = found[1] if found else ""
    reason = f"smtp_{code}" + (f"_{status}" if status else "")
    if stage in ("connect", "login"):
        # A password that was changed, a server that is being set up: the merchant can mend it in time.
        return failed("smtp_login" if stage == "login" else reason, permanent=False)
    if code < 500:
        return failed(reason, permanent=False)
    if stage != "mail" and (is_dead(status) or (not status and stage == "rcpt" and code in _NO_SUCH_BOX)):
        return gone(reason)
    return failed(reason, permanent=True)
