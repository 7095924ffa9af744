"""Write bucket.json: 10,000 deals that the browser and the server must agree on.

    python tests/vectors/make_bucket.py

An implementation of its own, written as the published algorithms read rather than as ours does,
so that a slip in rules/bucket.py cannot write itself into the vectors. Run again only to add cases:
a deal that changes here has changed for every visitor of every running campaign.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

WEIGHTS = [[100], [50, 50], [70, 20, 10], [1, 1, 1], [99, 1], [1, 100, 33, 7, 2, 5, 8, 13, 21, 34]]
HOLDOUTS = [0, 1, 500, 1000, 2500, 5000, 9999, 10_000]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ODD_SALTS = ["", "a", "exit-offer", "exit-offer:v", "jól", "Größe", "帽子", "🧶", ":", "x" * 200]
ODD_VISITORS = ["", "0", "A" * 22, "_" * 22, "Þórður", "🧶🧶"]


def fnv1a_32(data: bytes) -> int:
    state = 2166136261
    for octet in data:
        state = ((state ^ octet) * 16777619) % 2**32
    return state


def fmix32(h: int) -> int:
    for shift, factor in ((16, 2246822507), (13, 3266489909)):
        h = ((h ^ (h // 2**shift)) * factor) % 2**32
    return h ^ (h // 2**16)


def hash_to_bucket(text: str) -> int:
    return fmix32(fnv1a_32(text.encode("utf-8"))) % 10_000


def arm_and_probability(salt: str, visitor: str, holdout: int, weights: list[int]) -> tuple[int, int]:
    if hash_to_bucket(salt + ":" + visitor) in range(holdout):
        return -1, holdout
    ends = list(accumulate(weights))
    share = Fraction(hash_to_bucket(salt + ":v:" + visitor), 10_000) * ends[-1]
    arm = bisect_right(ends, share)
    exact = Fraction(10_000 - holdout) * weights[arm] / ends[-1]
    return arm, max(1, int(exact + Fraction(1, 2)))


def main() -> None:
    draw = random.Random(20261121)
    visitors = ODD_VISITORS + ["".join(draw.choices(ALPHABET, k=22)) for _ in range(100 - len(ODD_VISITORS))]
    salts = ODD_SALTS + [f"campaign-{i}" for i in range(100 - len(ODD_SALTS))]
    cases = []
    for s, salt in enumerate(salts):
        for v, visitor in enumerate(visitors):
            holdout, w = draw.choice(HOLDOUTS), draw.randrange(len(WEIGHTS))
            arm, p = arm_and_probability(salt, visitor, holdout, WEIGHTS[w])
            cases.append([s, v, hash_to_bucket(f"{salt}:{visitor}"), holdout, w, arm, p])
    document = {
        "columns": ["salt", "visitor", "bucket", "holdout", "weights", "arm", "p"],
        "salts": salts,
        "visitors": visitors,
        "weights": WEIGHTS,
        "cases": cases,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    Path(__file__).with_name("bucket.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
