"""What became of one message, in one shape for every channel.

Four outcomes, since four different things follow: the journey goes on (`sent`), the sender decides whether
to try again (`failed`), the address is dropped (`gone`), or nobody knows whether it arrived (`unknown`):
then a channel that may send once only is never tried again.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Delivery(Struct, frozen=True, omit_defaults=True):
    """One attempt to send.

    outcome: `sent` means the service took the message, not that a person saw it.
    permanent: only for `failed`; True when the same attempt can never succeed.
    reason: a short word for counting and logs (`vapid`, `timeout`, `http_503`); holds nothing personal.
    retry_after_s: seconds the service asked us to wait, if it did; never negative.
    address: a mark of the address that is dead, where its time does not tell which it was.
    away: it is not about this message; the provider takes none at all just now, so no try is spent.
    """

    outcome: Literal["sent", "failed", "gone", "unknown"]
    permanent: bool = False
    reason: str = ""
    retry_after_s: float | None = None
    address: str = ""
    away: bool = False


# Nothing of ours was free to take it: nothing left, so no try is spent and nobody else has to wait. A word
# that no provider's answer is read as: what a server says of itself costs a try.
BUSY = "no_place"
AWAY_S = 60.0  # somebody may be mending it
MOMENT_S = 10.0  # more than may leave in one second, or at once
FULL_S = 600.0  # an hour's or a day's quota is used up: some providers count each try as well
SENT = Delivery("sent")


def failed(reason: str, *, permanent: bool, retry_after_s: float | None = None) -> Delivery:
    return Delivery("failed", permanent, reason, retry_after_s)


def gone(reason: str) -> Delivery:
    """The address is dead: drop the subscription."""
    return Delivery("gone", reason=reason)


def unknown(reason: str) -> Delivery:
    """It was on the wire when the line broke: it may have arrived."""
    return Delivery("unknown", reason=reason)


def away(reason: str, retry_after_s: float = AWAY_S) -> Delivery:
    """It is not about this message: the provider does not take any now. All that is for it waits, and no
    message spends a try on a server that is down, a password that is being changed or a day that is used up;
    lateness ends it.
    """
    return Delivery("failed", reason=reason, retry_after_s=retry_after_s, away=True)
