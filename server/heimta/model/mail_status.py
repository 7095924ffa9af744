"""Enhanced mail status codes (RFC 3463, and the registry that RFC 5248 opened): which mean a dead address."""

from __future__ import annotations

# No such box, domain, or address syntax; moved away; a domain or a box that takes no mail; a box that is off.
DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.9", "5.1.10", "5.2.1"})


def is_dead(status: str) -> bool:
    """status: `5.1.1`. False for one that says nothing of the address itself."""
    return status in DEAD
