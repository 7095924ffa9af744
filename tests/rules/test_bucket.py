"""The deal is the same in Python and in the browser, for ever, and it is a fair one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from heimta.rules.bucket import BUCKETS, HELD_OUT, bucket, deal

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bucket.json").read_text("utf-8"))

# Worked out byte by byte in shell arithmetic from the published constants of FNV-1a and murmur3.
KNOWN = [
    ("", "", 9405),
    ("a", "0", 9272),
    ("exit-offer", "A" * 22, 5772),
    ("exit-offer:v", "A" * 22, 3662),
    ("jól", "Þórður", 1609),
    ("🧶", "🧶🧶", 6690),
]


def test_the_vectors_are_ten_thousand():
    assert len(VECTORS["cases"]) == 10_000


def test_deal_agrees_with_every_vector():
    wrong = []
    for case in VECTORS["cases"]:
        s, v, expected, holdout, w, arm, p = case
        salt, visitor = VECTORS["salts"][s], VECTORS["visitors"][v]
        got = (bucket(salt, visitor), *deal(salt, visitor, holdout, VECTORS["weights"][w]))
        if got != (expected, arm, p):
            wrong.append((salt, visitor, got))
    assert wrong == []


@pytest.mark.parametrize(("salt", "visitor", "expected"), KNOWN, ids=str)
def test_bucket_of_known_answers(salt, visitor, expected):
    assert bucket(salt, visitor) == expected


def test_holdout_of_everyone_and_of_no_one():
    visitors = VECTORS["visitors"]
    assert {deal("s", v, BUCKETS, [1, 1])[0] for v in visitors} == {HELD_OUT}
    assert HELD_OUT not in {deal("s", v, 0, [1, 1])[0] for v in visitors}


def test_a_smaller_holdout_is_nested_in_a_larger_one():
    for n in range(2000):
        small, _ = deal("nested", str(n), 1000, [50, 50])
        large, _ = deal("nested", str(n), 5000, [50, 50])
        assert large in (small, HELD_OUT)


@pytest.mark.parametrize("weights", [[100], [50, 50], [70, 20, 10]], ids=str)
def test_arms_get_their_share(weights):
    n, holdout = 40_000, 2500
    arms = [deal("share", f"visitor-{i}", holdout, weights)[0] for i in range(n)]
    shares = {HELD_OUT: holdout / BUCKETS}
    for arm, weight in enumerate(weights):
        shares[arm] = (1 - holdout / BUCKETS) * weight / sum(weights)
    for arm, share in shares.items():
        z = (arms.count(arm) - n * share) / math.sqrt(n * share * (1 - share))
        assert abs(z) < 4, f"arm {arm}: {arms.count(arm)} of {n}, expected {n * share:.0f}"


def test_campaigns_with_nearby_salts_are_dealt_independently():
    n = 20_000
    first = [bucket("campaign-1", f"visitor-{i}") < 5000 for i in range(n)]
    second = [bucket("campaign-2", f"visitor-{i}") < 5000 for i in range(n)]
    both = sum(a and b for a, b in zip(first, second, strict=True))
    assert abs(both - n / 4) / math.sqrt(n * 3 / 16) < 4
