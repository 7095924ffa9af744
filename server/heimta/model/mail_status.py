"""Enhanced mail status codes (RFC 3463, and the registry that RFC 5248 opened): which mean a dead address."""

from __future__ import annotations

# No such box, domain, or address syntax; moved away; a domain or a box that takes no mail; a box that is off.
DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.9", "5.1.10", "5.2.1"})

# Says that it failed and not why (RFC 3463 section 3.1). Exim writes 5.0.0 into every report it makes,
# whatever the other server answered; mail providers tell it of servers that answered without a code.
UNSAID = frozenset({"", "4.0.0", "5.0.0"})


# So Outlook.com and Hotmail say that they have no such box. From others 5.5.0 is an error of the protocol.
_OUTLOOK = ("5.5.0", "requested action not taken: mailbox unavailable")


def is_dead(status: str, answer: str = "") -> bool:
    """status: `5.1.1`. False for one that says nothing of the address itself. answer: the words with it."""
    if status in DEAD:
        return True
    return status == _OUTLOOK[0] and _OUTLOOK[1] in " ".join(answer.lower().split())
