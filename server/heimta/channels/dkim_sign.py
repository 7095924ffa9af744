"""Sign an e-mail (RFC 6376), for shops whose server does not. The signing is dkimpy's.

RFC 8058 section 4 wants both unsubscribe headers signed; they are named twice, as From and Subject are, so
that no relay can add another of them ("oversigning", RFC 6376 section 8.15).
"""

from __future__ import annotations

import dkim

from heimta.model.providers.email import Dkim

_ONCE = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
SIGNED = [
    name.encode()
    for name in (*_ONCE, *_ONCE, "mime-version", "content-type", "content-language", "auto-submitted")
]


class BadKey(ValueError):
    """The private key cannot be used; str() says what is wrong, and nothing of the key."""


def sign(mail: bytes, wanted: Dkim, *, sender: str, key: str) -> bytes:
    """The mail with its signature before it. key: PEM, RSA of 1,024 bits or more. Raises BadKey."""
    domain = wanted.domain or sender.rpartition("@")[2]
    try:
        header: bytes = dkim.sign(
            mail,
            wanted.selector.encode(),
            domain.encode(),
            key.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=SIGNED,
        )
    except (dkim.DKIMException, ValueError, TypeError, IndexError, KeyError) as fault:
        raise BadKey(f"the DKIM key cannot be read: {type(fault).__name__}") from None
    return header + mail
