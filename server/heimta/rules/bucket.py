"""Which arm of a campaign a visitor belongs to.

Nothing is stored: the arm is a pure function of (salt, visitor id), so browser
and server agree without talking. The twin is snippet/src/bucket.ts; both are
held to tests/vectors/bucket.json. A change here re-deals every running test.

Source: FNV-1a 32 bit, then the murmur3 finaliser. Plain FNV-1a is not enough:
two campaigns with nearby salts get the same people (|z| up to 112 over 990
pairs of salts; below 3 with the finaliser).
"""

from __future__ import annotations

from collections.abc import Sequence

BUCKETS = 10_000  # one bucket is 0.01 % of visitors
HELD_OUT = -1  # what `deal` answers instead of a variant's index for a visitor who shall see nothing


def bucket(salt: str, visitor_id: str) -> int:
    """Deal a visitor into a bucket, 0 to BUCKETS - 1.

    salt: the campaign's; different salts give independent deals.
    visitor_id: any string; ours are 22 characters of base64url.
    Never raises for text. The same pair gives the same bucket for ever.
    """
    h = 0x811C9DC5
    for byte in f"{salt}:{visitor_id}".encode():
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return (h ^ h >> 16) % BUCKETS


def deal(salt: str, visitor_id: str, holdout: int, weights: Sequence[int]) -> tuple[int, int]:
    """Deal a visitor to an arm: (the variant's index or HELD_OUT, the probability of just that).

    holdout: buckets 0 to holdout - 1 see nothing, of 10,000.
    weights: one positive integer a variant, at least one.
    The probability is in 1/10,000, rounded half up, and at least 1.
    """
    if bucket(salt, visitor_id) < holdout:
        return HELD_OUT, holdout
    total = sum(weights)
    # A salt of its own: else the holdout would always be cut out of the first variant.
    point = bucket(f"{salt}:v", visitor_id) * total
    arm = 0
    while point >= weights[arm] * BUCKETS:
        point -= weights[arm] * BUCKETS
        arm += 1
    return arm, max(1, (2 * (BUCKETS - holdout) * weights[arm] + total) // (2 * total))
