"""Enhanced mail status codes (RFC 3463, and the registry that RFC 5248 opened): which mean a dead address."""

from __future__ import annotations

# No such box, domain, or address syntax; moved away; a domain or a box that takes no mail; a box that is off.
DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.9", "5.1.10", "5.2.1"})

# Says that it failed and not why (RFC 3463 section 3.1). Exim writes 5.0.0 into every report it makes,
# whatever the other server answered; mail providers tell it of servers that answered without a code.
UNSAID = frozenset({"", "4.0.0", "5.0.0"})

# Servers whose code says something else, or nothing, and whose words are plain. Outlook.com and Hotmail have
# no other for a box that is not there; GMX, WEB.DE and IONOS (postmaster.gmx.net) and Yahoo with AOL
# (senders.yahooinc.com, "SMTP error codes") give no code, which reports call 5.0.0; Microsoft 365 so refuses
# who is not in its customer's directory (support.microsoft.com, "NDR error code 550 5.4.1").
_UNAVAILABLE = "requested action not taken: mailbox unavailable"
_PLAINLY = {
    "5.5.0": (_UNAVAILABLE,),
    "5.0.0": (
        _UNAVAILABLE,
        "delivery error: dd this user doesn't have a",
        "requested mail action aborted, mailbox not found",
        "cannot be delivered. this mailbox is disabled",
    ),
    "5.4.1": ("recipient address rejected: access denied",),
}
_SENDERS = "sender address"  # `… mailbox unavailable. Sender address is not allowed`: about us


def is_dead(status: str, answer: str = "") -> bool:
    """status: `5.1.1`. False for one that says nothing of the address itself. answer: the words with it."""
    if status in DEAD:
        return True
    said = " ".join(answer.lower().split())
    return any(words in said for words in _PLAINLY.get(status, ())) and _SENDERS not in said
